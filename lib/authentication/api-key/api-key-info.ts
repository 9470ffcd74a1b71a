/** What may be shown of a key, and what is shown once. */

import type { StoredApiKey } from './api-key.store.js';
import type { Overlap } from './overlap.js';

/** A key as its owner sees it in a list. Nothing in it could be used as one. */
export interface ApiKeyInfo {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tier?: string;
  readonly cidrs: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** To the minute. */
  readonly lastUsedAt?: Date;
  readonly revokedAt?: Date;
  /** Former secrets work until then. */
  readonly overlapUntil?: Date;
}

export interface IssuedApiKey extends ApiKeyInfo {
  /** The key itself: shown here, and never again. */
  readonly key: string;
}

export interface RotatedApiKey extends IssuedApiKey {
  /** The secrets before it are refused from then on. */
  readonly overlapUntil: Date;
}

export interface RotateKeyOptions {
  /** How long the old secret works: `'30d'`, `'12h'`, `'90m'`, or milliseconds; 0 ends it at once. Default `'30d'`. */
  readonly overlap?: Overlap | 0;
  /** Whose key it has to be. Default: anybody's. */
  readonly owner?: string;
  /** How long the new secret is good, in days. Default: as long as the one before it. */
  readonly expiresInDays?: number;
}

export function infoOf(key: StoredApiKey): ApiKeyInfo {
  const { id, name, ownerId, roles, scopes, tier, cidrs, createdAtMs, expiresAtMs, lastUsedAtMs, revokedAtMs } = key;
  return {
    id,
    name,
    owner: ownerId,
    roles: [...roles],
    scopes: [...scopes],
    ...(tier !== undefined && { tier }),
    cidrs: [...cidrs],
    createdAt: new Date(createdAtMs),
    expiresAt: new Date(expiresAtMs),
    ...(lastUsedAtMs !== undefined && { lastUsedAt: new Date(lastUsedAtMs) }),
    ...(revokedAtMs !== undefined && { revokedAt: new Date(revokedAtMs) }),
    ...(key.former.length > 0 && { overlapUntil: new Date(Math.max(...key.former.map(({ untilMs }) => untilMs))) }),
  };
}
