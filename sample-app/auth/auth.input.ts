import { IsEmail, IsInt, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { Optional, StrongPassword } from 'nestjs-bulwark';

export class RegisterInput {
  @Matches(/^[a-zA-Z0-9_-]{3,20}$/, { message: 'username must be 3 to 20 letters, digits, _ or -' })
  username!: string;

  @IsEmail()
  @MaxLength(254)
  email!: string;

  @StrongPassword({ notContaining: ['username', 'email'] })
  password!: string;

  @IsInt()
  @Min(18)
  @Max(120)
  age!: number;

  @Optional()
  @IsString()
  @MaxLength(4096)
  captchaToken?: string;
}

export class LoginInput {
  @IsString()
  @Length(1, 64)
  username!: string;

  @IsString()
  @Length(1, 128)
  password!: string;
}
