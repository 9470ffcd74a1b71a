/** May this cost be taken now? The token bucket, as a pure function. */

import type { Rate } from './rate.js';
import { checkTime, TokenScale } from './token-scale.js';

export interface TokenBucketPolicy extends Rate {
  /** What a new bucket holds, in tokens. Default: it is full. */
  readonly initialTokens?: number;
}

/** What has to be remembered of a bucket. Plain numbers, so that it survives JSON. */
export interface TokenBucketState {
  /** What the bucket held at `atMs`, in whole units of which `unitsPerToken` make one token. */
  readonly units: number;
  readonly unitsPerToken: number;
  readonly atMs: number;
}

/** What one bucket says to one cost. */
export interface BucketAnswer {
  /** Was there enough? */
  readonly allowed: boolean;
  /** Whole tokens left. */
  readonly remaining: number;
  /** When this cost would pass, in whole milliseconds. 0 when it did, null when it never can: it is over the capacity. */
  readonly retryAfterMs: number | null;
  /** When the bucket is full again, in whole milliseconds. */
  readonly resetMs: number;
}

export interface TokenBucketAnswer extends BucketAnswer {
  readonly state: TokenBucketState;
}

/**
 * Takes `cost` tokens from a bucket that refills greedily, evenly over its period. A refused cost takes nothing. In any
 * span of t milliseconds at most `capacity + refillTokens / refillPeriodMs × t` are admitted, and nothing that fits
 * into that bound is refused.
 *
 * The arithmetic is exact for whole milliseconds and rates of whole numbers (as long as `capacity × refillPeriodMs`,
 * both reduced by what they share with `refillTokens`, stays below 2^53). A clock that goes backwards brings nothing and
 * locks nobody out: counting goes on from the new time.
 *
 * @example
 * const { state, allowed, retryAfterMs } = takeTokens(undefined, Date.now(), 1, perMinute(100));
 *
 * @throws RangeError, TypeError when a number is not finite and positive, or the state is not one.
 */
export function takeTokens(
  state: TokenBucketState | undefined,
  nowMs: number,
  cost: number,
  policy: TokenBucketPolicy,
): TokenBucketAnswer {
  const scale = new TokenScale(policy);
  checkTime(nowMs);
  const asked = scale.unitsOf(cost);
  const held = state === undefined ? newBucket(scale, policy) : refilled(scale, checkState(state), nowMs);
  const allowed = held >= asked;
  const units = allowed ? held - asked : held;
  return {
    state: { units, unitsPerToken: scale.perToken, atMs: nowMs },
    allowed,
    remaining: scale.tokens(units),
    retryAfterMs: allowed ? 0 : asked > scale.full ? null : scale.waitMs(asked - units, nowMs),
    resetMs: scale.waitMs(scale.full - units, nowMs),
  };
}

function newBucket(scale: TokenScale, { capacity, initialTokens = capacity }: TokenBucketPolicy): number {
  if (typeof initialTokens !== 'number') throw new TypeError(`initialTokens: ${typeof initialTokens} is not a number.`);
  if (!(initialTokens >= 0 && initialTokens <= capacity)) {
    throw new RangeError(`initialTokens: ${initialTokens} is not between 0 and the capacity of ${capacity}.`);
  }
  return initialTokens === 0 ? 0 : scale.unitsOf(initialTokens);
}

function refilled(scale: TokenScale, { units, unitsPerToken, atMs }: TokenBucketState, nowMs: number): number {
  return scale.unitsAt(scale.convert(units, unitsPerToken), atMs, nowMs);
}

function checkState(state: TokenBucketState): TokenBucketState {
  const sound = Number.isFinite(state.units) && Number.isFinite(state.atMs) && Number.isFinite(state.unitsPerToken);
  if (!sound || state.units < 0 || state.unitsPerToken <= 0) {
    throw new TypeError('state: not the state of a bucket. Hand back what takeTokens returned, or undefined.');
  }
  return state;
}
