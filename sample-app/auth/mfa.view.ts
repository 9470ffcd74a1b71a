import { Expose } from 'class-transformer';
import { TokensView } from './auth.view.js';

/** Tokens, or what asks for the second factor first. */
export class LoginView extends TokensView {
  @Expose({ name: 'requires_mfa' })
  requiresMfa?: boolean;

  @Expose({ name: 'mfa_token' })
  mfaToken?: string;
}

export class EnrolmentView {
  secret!: string;

  @Expose({ name: 'otpauth_url' })
  otpauthUrl!: string;

  @Expose({ name: 'qr_svg' })
  qrSvg!: string;
}

export class RecoveryCodesView {
  @Expose({ name: 'recovery_codes' })
  recoveryCodes!: string[];
}
