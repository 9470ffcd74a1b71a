/** Where are API keys kept? The contract that memory, Redis and Postgres fulfil alike. */

/** One API key: everything but its secret. */
export interface StoredApiKey {
  /** The part of the key that names it. No secret. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** Whose calls its calls are: `principal.id`. */
  readonly ownerId: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tier?: string;
  /** The networks it may be used from. Empty: from anywhere. */
  readonly cidrs: readonly string[];
  readonly createdAtMs: number;
  /** When the current secret was made. */
  readonly secretSinceMs: number;
  /** On or after it the key is refused. */
  readonly expiresAtMs: number;
  readonly lastUsedAtMs?: number;
  readonly revokedAtMs?: number;
  /** SHA-256 of the current secret, or its HMAC where there is a pepper. */
  readonly digest: string;
  /** Secrets that were rotated away and are good for a while yet, the latest last. */
  readonly former: readonly FormerSecret[];
}

export interface FormerSecret {
  readonly digest: string;
  readonly supersededAtMs: number;
  /** On or after it the secret is refused. */
  readonly untilMs: number;
}

/** Gives a key another secret. */
export interface KeyRotation {
  readonly id: string;
  readonly nextDigest: string;
  readonly nextExpiresAtMs: number;
  /** No secret that the key had before outlives this. */
  readonly overlapUntilMs: number;
  readonly nowMs: number;
}

/** What a rotation came to. `key` is the key afterwards. */
export type KeyRotationOutcome =
  | { readonly outcome: 'rotated'; readonly key: StoredApiKey }
  | { readonly outcome: 'unknown' | 'revoked' | 'expired' | 'too_many_former' };

/**
 * Keeps API keys. Every implementation passes the contract suite of `test/contracts/`.
 *
 * Each method is one atomic step: of any number of rotations at once each one counts, and no secret that was handed out
 * is lost between them. `api-key-rotation.ts` is the decision in plain code. It does not fail open: where keys cannot be
 * reached it throws or rejects.
 */
export interface ApiKeyStore {
  /**
   * Adds a key. Where its owner then has more than `limit`, those that are revoked or expired go, the oldest first.
   *
   * @returns false, and nothing changes, where too many good ones are left.
   */
  add(key: StoredApiKey, limit: number, nowMs: number): boolean | Promise<boolean>;
  /** Revoked and expired ones too, as long as they are kept. */
  find(id: string): StoredApiKey | undefined | Promise<StoredApiKey | undefined>;
  rotate(rotation: KeyRotation): KeyRotationOutcome | Promise<KeyRotationOutcome>;
  /** @returns whether there was one that was not revoked yet. */
  revoke(id: string, nowMs: number): boolean | Promise<boolean>;
  /** Those of an owner, the newest first, revoked and expired ones included. */
  list(ownerId: string): readonly StoredApiKey[] | Promise<readonly StoredApiKey[]>;
  /** Notes a use. Writes nothing where the last one is less than `everyMs` ago, or there is no such key. */
  touch(id: string, nowMs: number, everyMs: number): void | Promise<void>;
}

/** Where the app's API keys are kept. Injectable, so that a subpath or the app can bring its own. */
export const API_KEY_STORE = Symbol('bulwark:api-key-store');
