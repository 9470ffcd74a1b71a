/** Where is everything kept that outlives a request? All stores of the module, in one option. */

import type { ApiKeyStore } from './authentication/api-key/api-key.store.js';
import type { MfaStore } from './authentication/mfa/mfa.store.js';
import type { RevocationStore } from './authentication/sessions/revocation.store.js';
import type { SessionStore } from './authentication/sessions/session.store.js';
import { checkKeys, optionError } from './core/checks.js';
import type { SpentStore } from './core/spent.store.js';
import type { StoreSlot, SuppliedStores } from './core/supplied-stores.js';
import type { BucketStore } from './throttling/bucket.store.js';
import type { LoginDefenceStore } from './throttling/login-defence/login-defence.store.js';
import type { IdempotencyStore } from './throttling/sensitive-flow/idempotency.store.js';

/**
 * What a fleet of processes shares. Each key that is missing is kept in the memory of each process; a stage's own option
 * (`throttling.store`, `sessions.store` …) wins over these.
 *
 * @example
 * SecurityModule.forRoot({ stores: { ...redisStores(redis), ...postgresStores(pool) } })
 */
export interface SecurityStores {
  /** Rate limits. As `throttling.store`. */
  readonly buckets?: BucketStore;
  /** Logins and their refresh tokens. As `sessions.store`. */
  readonly sessions?: SessionStore;
  /** Tokens, sessions and subjects that were revoked. As `sessions.revocations`. */
  readonly revocations?: RevocationStore;
  /** Signed requests that were seen. As `signatures.nonces`. */
  readonly nonces?: SpentStore;
  /** Challenges and tickets of sensitive flows that were used. As `flows.spent`. */
  readonly tickets?: SpentStore;
  /** Answers kept for idempotency keys. As `flows.idempotency.store`. */
  readonly idempotency?: IdempotencyStore;
  /** Failed logins. As `loginDefence.store`. */
  readonly loginDefence?: LoginDefenceStore;
  /** Second factors. As `mfa.store`. */
  readonly mfa?: MfaStore;
  /** API keys. As `apiKeys.store`. */
  readonly apiKeys?: ApiKeyStore;
}

const WHERE = 'security.stores';

/** @throws TypeError for an unknown key, and for a store that cannot do what its place asks. */
export function checkStores(
  given: SecurityStores | undefined,
  slots: Readonly<Record<string, StoreSlot>>,
): SuppliedStores {
  checkKeys(WHERE, given, Object.keys(slots));
  const supplied = new Map<symbol, unknown>();
  for (const [key, store] of Object.entries(given ?? {}) as [string, unknown][]) {
    if (store === undefined) continue;
    const { token, methods } = slots[key]!;
    const missing = methods.find((method) => typeof (store as Record<string, unknown> | null)?.[method] !== 'function');
    if (missing !== undefined) {
      throw optionError(`${WHERE}.${key}`, store, `has no ${missing}()`, `A store here has ${methods.join('(), ')}().`);
    }
    supplied.set(token, store);
  }
  return supplied;
}
