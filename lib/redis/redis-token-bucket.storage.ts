/** Token buckets in Redis for those who keep the stock `ThrottlerGuard`. */

import { checkKeys } from '../core/checks.js';
import type { Clock } from '../core/clock.js';
import { TokenBucketThrottlerStorage } from '../throttling/token-bucket.storage.js';
import type { RedisClient } from './redis-client.js';
import type { RedisGate } from './redis-gate.js';
import { GATE_KEYS } from './redis-gate.options.js';
import { RedisBucketStore, type RedisBucketStoreOptions } from './redis-bucket.store.js';

export interface RedisTokenBucketThrottlerStorageOptions extends RedisBucketStoreOptions {
  /** What time it is where `time` is `caller`, and in an outage. For tests. Default: the system's clock. */
  readonly clock?: Clock;
}

const WHERE = 'RedisTokenBucketThrottlerStorage';

/**
 * A `ThrottlerStorage` over buckets in Redis: capacity is the limit, and limit / ttl comes back. `blockDuration` says
 * nothing: nobody is blocked longer than until their next token.
 *
 * @example
 * ThrottlerModule.forRoot({
 *   throttlers: [{ limit: 100, ttl: 60_000 }],
 *   storage: new RedisTokenBucketThrottlerStorage(new Redis(process.env.REDIS_URL)),
 * })
 */
export class RedisTokenBucketThrottlerStorage extends TokenBucketThrottlerStorage {
  /** @throws TypeError naming option, value and fix. */
  constructor(redis: RedisClient | RedisGate, options: RedisTokenBucketThrottlerStorageOptions = {}) {
    checkKeys(WHERE, options, [...GATE_KEYS, 'outage', 'expectedInstances', 'clock']);
    const { clock, ...store } = options;
    super({ store: new RedisBucketStore(redis, store), ...(clock && { clock }) });
  }
}
