/** All that a fleet shares, in one line: every store of the module over one Redis client. */

import { checkKeys, checkOneOf, optionError } from '../core/checks.js';
import { gateOf } from '../core/store-gate.js';
import type { OutagePolicy } from '../core/store-outages.js';
import { RedisApiKeyStore } from './redis-api-key.store.js';
import { OUTAGE_POLICIES } from './redis-bucket.outage.js';
import { RedisBucketStore, type BucketOutageOptions } from './redis-bucket.store.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import { GATE_KEYS, type RedisGateOptions } from './redis-gate.options.js';
import { RedisIdempotencyStore } from './redis-idempotency.store.js';
import { RedisLoginDefenceStore } from './redis-login-defence.store.js';
import { RedisMfaStore } from './redis-mfa.store.js';
import { RedisRevocationStore } from './redis-revocation.store.js';
import { RedisSessionStore } from './redis-session.store.js';
import { RedisSpentStore } from './redis-spent.store.js';

/** What happens while Redis cannot be reached, store by store. */
export interface RedisOutagePolicies {
  /** Rate limits. Default `memory`: each process goes on with its share of the limit. */
  readonly buckets?: OutagePolicy;
}

export interface RedisStoresOptions extends RedisGateOptions, Pick<BucketOutageOptions, 'expectedInstances'> {
  /**
   * Only rate limits leave a choice. Everything else is `closed`, which may be said and not changed: where nobody can tell
   * whether a token was revoked, a nonce seen or a code tried, the answer is 503 with `Retry-After`.
   */
  readonly outage?: RedisOutagePolicies & Partial<Readonly<Record<AlwaysClosed, 'closed'>>>;
}

/** What must not be guessed. */
const ALWAYS_CLOSED = [
  'sessions',
  'revocations',
  'nonces',
  'tickets',
  'idempotency',
  'loginDefence',
  'mfa',
  'apiKeys',
] as const;

type AlwaysClosed = (typeof ALWAYS_CLOSED)[number];

const WHERE = 'redisStores';

/** By the keys of `SecurityModule.forRoot({ stores })`. They share one gate, which each of them has as `gate`. */
export interface RedisStores {
  readonly buckets: RedisBucketStore;
  readonly sessions: RedisSessionStore;
  readonly revocations: RedisRevocationStore;
  readonly nonces: RedisSpentStore;
  readonly tickets: RedisSpentStore;
  readonly idempotency: RedisIdempotencyStore;
  readonly loginDefence: RedisLoginDefenceStore;
  readonly mfa: RedisMfaStore;
  readonly apiKeys: RedisApiKeyStore;
}

/**
 * @param redis The app's own `ioredis` client, or a gate over it. It stays the app's: close it after the app.
 * @throws TypeError naming option, value and fix.
 *
 * @example
 * const redis = new Redis(process.env.REDIS_URL);
 * SecurityModule.forRoot({ stores: redisStores(redis, { expectedInstances: 4 }) });
 */
export function redisStores(redis: RedisClient | RedisGate, options: RedisStoresOptions = {}): RedisStores {
  checkKeys(WHERE, options, [...GATE_KEYS, 'outage', 'expectedInstances']);
  const { outage = {}, expectedInstances, ...gateOptions } = options;
  checkOutage(outage);
  const gate = gateOf(RedisGate, WHERE, redis, gateOptions);
  return Object.freeze({
    buckets: new RedisBucketStore(gate, {
      ...(outage.buckets !== undefined && { outage: outage.buckets }),
      ...(expectedInstances !== undefined && { expectedInstances }),
    }),
    sessions: new RedisSessionStore(gate),
    revocations: new RedisRevocationStore(gate),
    nonces: new RedisSpentStore(gate, 'nonce'),
    tickets: new RedisSpentStore(gate, 'ticket'),
    idempotency: new RedisIdempotencyStore(gate),
    loginDefence: new RedisLoginDefenceStore(gate),
    mfa: new RedisMfaStore(gate),
    apiKeys: new RedisApiKeyStore(gate),
  });
}

function checkOutage(given: object): void {
  const option = `${WHERE}.outage`;
  checkKeys(option, given, ['buckets', ...ALWAYS_CLOSED]);
  const outage = given as Readonly<Record<string, unknown>>;
  if (outage.buckets !== undefined) checkOneOf(`${option}.buckets`, outage.buckets, OUTAGE_POLICIES);
  for (const name of ALWAYS_CLOSED) {
    const policy = outage[name];
    if (policy === undefined || policy === 'closed') continue;
    const fix = 'Leave it out: without an answer nobody can tell, and so nobody gets in.';
    throw optionError(`${option}.${name}`, policy, 'cannot be chosen, it is always closed', fix);
  }
}
