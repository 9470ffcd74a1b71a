import { IsEmail, IsInt, Max, MaxLength, Min } from 'class-validator';
import { Optional } from 'nestjs-bulwark';

/** What a user may change of themselves. `is_admin` is not here, so sending it is a 400. */
export class UpdateUserInput {
  @Optional()
  @IsEmail()
  @MaxLength(254)
  email?: string;

  @Optional()
  @IsInt()
  @Min(18)
  @Max(120)
  age?: number;
}
