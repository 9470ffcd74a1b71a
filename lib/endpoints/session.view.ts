/** What leaves of logins and sessions. */

import { Expose } from 'class-transformer';

/** RFC 6749 §5.1. */
export class TokensView {
  @Expose({ name: 'access_token' })
  accessToken!: string;

  @Expose({ name: 'token_type' })
  tokenType!: string;

  /** Seconds. */
  @Expose({ name: 'expires_in' })
  expiresIn!: number;

  /** Absent where a cookie carries it. */
  @Expose({ name: 'refresh_token' })
  refreshToken?: string;
}

export class SessionView {
  id!: string;

  device?: string;

  @Expose({ name: 'created_at' })
  createdAt!: Date;

  @Expose({ name: 'last_used_at' })
  lastUsedAt!: Date;

  /** Is it the session of this very call? */
  current!: boolean;
}
