import { IsString, Length, Matches } from 'class-validator';

export class MfaInput {
  @IsString()
  @Length(1, 128)
  mfa_token!: string;

  @Matches(/^(\d{6}|[0-9a-z-]{24,29})$/i, { message: 'code must be six digits or a recovery code' })
  code!: string;
}

export class ConfirmMfaInput {
  @Matches(/^\d{6}$/, { message: 'code must be six digits' })
  code!: string;
}
