/** All stores of one database, in one line. */

import { gateOf } from '../core/store-gate.js';
import { PostgresApiKeyStore } from './postgres-api-key.store.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresGate, type PostgresStoreOptions } from './postgres-gate.js';
import { PostgresIdempotencyStore } from './postgres-idempotency.store.js';
import { PostgresMfaStore } from './postgres-mfa.store.js';
import { PostgresRevocationStore } from './postgres-revocation.store.js';
import { PostgresSessionStore } from './postgres-session.store.js';
import { PostgresSpentStore } from './postgres-spent.store.js';

/** What must last: for `SecurityModule.forRoot({ stores })`. */
export interface PostgresStores {
  readonly sessions: PostgresSessionStore;
  readonly apiKeys: PostgresApiKeyStore;
  readonly mfa: PostgresMfaStore;
}

/** What a fleet shares besides, where there is no Redis. */
export interface AllPostgresStores extends PostgresStores {
  readonly revocations: PostgresRevocationStore;
  readonly nonces: PostgresSpentStore;
  readonly tickets: PostgresSpentStore;
  readonly idempotency: PostgresIdempotencyStore;
}

/**
 * What must last: sessions, API keys and second factors.
 *
 * @param db `pg.Pool`, PGlite, anything with `query(text, parameters)`, or a gate over one. Migrated: `migrate(db)`.
 * @throws TypeError when it is no client, or an option is wrong.
 *
 * @example
 * SecurityModule.forRoot({ stores: { ...redisStores(redis), ...postgresStores(pool) } });
 */
export function postgresStores(db: PostgresClient | PostgresGate, options: PostgresStoreOptions = {}): PostgresStores {
  return Object.freeze(lastingStores(gateOf(PostgresGate, 'postgresStores', db, options)));
}

/**
 * For a fleet without Redis: also what was revoked, what was used once, and the answers of idempotency keys. Every
 * authenticated call then costs a query. Rate limits and failed logins are still counted by each process for itself.
 *
 * @param db `pg.Pool`, PGlite, anything with `query(text, parameters)`, or a gate over one. Migrated: `migrate(db)`.
 * @throws TypeError when it is no client, or an option is wrong.
 */
export function allPostgresStores(
  db: PostgresClient | PostgresGate,
  options: PostgresStoreOptions = {},
): AllPostgresStores {
  const gate = gateOf(PostgresGate, 'allPostgresStores', db, options);
  return Object.freeze({
    ...lastingStores(gate),
    revocations: new PostgresRevocationStore(gate),
    nonces: new PostgresSpentStore(gate, 'nonce'),
    tickets: new PostgresSpentStore(gate, 'ticket'),
    idempotency: new PostgresIdempotencyStore(gate),
  });
}

function lastingStores(gate: PostgresGate): PostgresStores {
  return {
    sessions: new PostgresSessionStore(gate),
    apiKeys: new PostgresApiKeyStore(gate),
    mfa: new PostgresMfaStore(gate),
  };
}
