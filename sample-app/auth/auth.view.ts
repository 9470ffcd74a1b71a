import { Expose } from 'class-transformer';

export class RegisteredView {
  id!: string;
  username!: string;
}

export class TokensView {
  @Expose({ name: 'access_token' })
  accessToken!: string;

  @Expose({ name: 'token_type' })
  tokenType!: string;

  @Expose({ name: 'expires_in' })
  expiresIn!: number;

  @Expose({ name: 'refresh_token' })
  refreshToken?: string;
}
