import { IsEmail, IsInt, IsOptional, Max, MaxLength, Min } from 'class-validator';

/** What a user may change of themselves. `is_admin` is not here, so sending it is a 400. */
export class UpdateUserInput {
  @IsOptional()
  @IsEmail()
  @MaxLength(254)
  email?: string;

  @IsOptional()
  @IsInt()
  @Min(18)
  @Max(120)
  age?: number;
}
