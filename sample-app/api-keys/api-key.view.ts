/** What may leave of an API key. The key itself is in two answers only: when it is made, and when it is rotated. */

import { Expose } from 'class-transformer';

export class ApiKeyView {
  id!: string;
  name!: string;
  scopes!: string[];

  @Expose({ name: 'created_at' })
  createdAt!: Date;

  @Expose({ name: 'expires_at' })
  expiresAt!: Date;

  @Expose({ name: 'last_used_at' })
  lastUsedAt?: Date;

  @Expose({ name: 'revoked_at' })
  revokedAt?: Date;

  @Expose({ name: 'overlap_until' })
  overlapUntil?: Date;
}

export class IssuedApiKeyView {
  id!: string;
  key!: string;
  name!: string;
  scopes!: string[];

  @Expose({ name: 'expires_at' })
  expiresAt!: Date;
}

export class RotatedApiKeyView {
  id!: string;
  key!: string;

  @Expose({ name: 'overlap_until' })
  overlapUntil!: Date;
}
