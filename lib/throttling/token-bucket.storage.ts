/** Token buckets for those who keep the stock `ThrottlerGuard`: capacity is the limit, and limit / ttl comes back. */

import type { ThrottlerStorage } from '@nestjs/throttler';
import { checkKeys, optionError } from '../core/checks.js';
import { systemClock, type Clock } from '../core/clock.js';
import { isPending, type BucketDemand, type BucketOutcome, type BucketStore } from './bucket.store.js';
import { MemoryBucketStore } from './memory-bucket.store.js';
import { rateOf, type Rate } from './rate.js';

export interface TokenBucketThrottlerStorageOptions {
  /** Where the buckets are kept. Default: this process's memory. */
  readonly store?: BucketStore;
  /** How many buckets the default store keeps. Default 1_000_000. */
  readonly maxKeys?: number;
  /** What time it is, for tests. Default: the system's clock. */
  readonly clock?: Clock;
}

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** Rates remembered by limit and ttl. Limits that are computed per request must not fill the memory. */
const MAX_RATES = 1000;

/**
 * A `ThrottlerStorage` that never blocks longer than until the next token, whatever `blockDuration` says.
 *
 * @example
 * ThrottlerModule.forRoot({ throttlers: [{ limit: 100, ttl: 60_000 }], storage: new TokenBucketThrottlerStorage() })
 */
export class TokenBucketThrottlerStorage implements ThrottlerStorage {
  readonly #store: BucketStore;
  readonly #clock: Clock;
  readonly #rates = new Map<number, Map<number, Rate>>();
  #rateCount = 0;

  /** @throws TypeError when an option is unknown or wrong. */
  constructor(options: TokenBucketThrottlerStorageOptions = {}) {
    const where = 'TokenBucketThrottlerStorage';
    checkKeys(where, options, ['store', 'maxKeys', 'clock']);
    if (options.store !== undefined && options.maxKeys !== undefined) {
      throw optionError(`${where}.maxKeys`, options.maxKeys, 'stands beside a store', 'Give it to the store instead.');
    }
    this.#store =
      options.store ?? new MemoryBucketStore(options.maxKeys === undefined ? {} : { maxKeys: options.maxKeys });
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Times come in milliseconds and go out in whole seconds, as the throttler wants them.
   *
   * @throws TypeError when limit or ttl make no rate.
   */
  increment(
    key: string,
    ttl: number,
    limit: number,
    _blockDuration: number,
    throttlerName: string,
  ): Promise<StorageRecord> {
    try {
      if (limit === Infinity) return Promise.resolve(NO_LIMIT);
      if (limit === 0) return Promise.resolve(nothingAllowed(ttl));
      const demand: BucketDemand = { key: `${throttlerName}:${key}`, cost: 1, rate: this.#rateFor(limit, ttl) };
      const outcome = this.#store.take([demand], this.#clock.now());
      return isPending(outcome)
        ? outcome.then((settled) => recordOf(settled, limit))
        : Promise.resolve(recordOf(outcome, limit));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** One object per rate, so that the store knows it again. */
  #rateFor(limit: number, ttl: number): Rate {
    const known = this.#rates.get(limit)?.get(ttl);
    if (known !== undefined) return known;
    const rate = rateOf('@nestjs/throttler', limit, ttl);
    if (this.#rateCount++ >= MAX_RATES) {
      this.#rates.clear();
      this.#rateCount = 1;
    }
    this.#rates.set(limit, (this.#rates.get(limit) ?? new Map<number, Rate>()).set(ttl, rate));
    return rate;
  }
}

const NO_LIMIT: StorageRecord = Object.freeze({
  totalHits: 1,
  timeToExpire: 0,
  isBlocked: false,
  timeToBlockExpire: 0,
});

function nothingAllowed(ttl: number): StorageRecord {
  const seconds = Math.ceil(ttl / 1000);
  return { totalHits: 1, timeToExpire: seconds, isBlocked: true, timeToBlockExpire: seconds };
}

function recordOf({ answers: [answer] }: BucketOutcome, limit: number): StorageRecord {
  const { allowed, remaining, resetMs, retryAfterMs } = answer!;
  return {
    totalHits: allowed ? limit - remaining : limit + 1,
    timeToExpire: Math.ceil(resetMs / 1000),
    isBlocked: !allowed,
    timeToBlockExpire: allowed ? 0 : Math.ceil((retryAfterMs ?? resetMs) / 1000),
  };
}
