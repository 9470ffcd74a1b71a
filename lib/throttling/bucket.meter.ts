/** How is a bucket read and charged where it lies, in three numbers of a table? One meter per algorithm. */

import type { BucketAlgorithm } from './bucket.store.js';
import type { Rate } from './rate.js';
import { WindowScale, type SlidingWindowState } from './sliding-window.js';
import type { BucketAnswer } from './token-bucket.js';
import { checkPositive, TokenScale } from './token-scale.js';

/** The arithmetic of one rate over records of numbers. Answers exactly as the pure function of its algorithm does. */
export interface BucketMeter {
  readonly rate: Rate;
  readonly algorithm: BucketAlgorithm;
  /** Writes a bucket that nobody has used. */
  start(numbers: Float64Array, at: number, nowMs: number): void;
  /** Takes over a bucket that another rate's meter wrote. */
  adopt(numbers: Float64Array, at: number, from: BucketMeter, nowMs: number): void;
  /** Brings a bucket to the present. Changes nothing that counts. */
  renew(numbers: Float64Array, at: number, nowMs: number): void;
  /** @throws TypeError, RangeError when the cost is not positive and finite. */
  unitsOf(cost: number): number;
  /** The following are asked of a bucket that was just renewed. */
  admits(numbers: Float64Array, at: number, units: number, nowMs: number): boolean;
  charge(numbers: Float64Array, at: number, units: number): void;
  answer(numbers: Float64Array, at: number, units: number, allowed: boolean, nowMs: number): BucketAnswer;
  /** Is it worth forgetting? A bucket that is as good as new. */
  isIdle(numbers: Float64Array, at: number, nowMs: number): boolean;
}

export function createMeter(algorithm: BucketAlgorithm, rate: Rate): BucketMeter {
  return algorithm === 'token-bucket' ? new TokenMeter(rate) : new WindowMeter(rate);
}

/** Numbers: units held, and when. */
class TokenMeter implements BucketMeter {
  readonly algorithm = 'token-bucket';
  readonly scale: TokenScale;

  constructor(readonly rate: Rate) {
    this.scale = new TokenScale(rate);
  }

  start(numbers: Float64Array, at: number, nowMs: number): void {
    numbers[at] = this.scale.full;
    numbers[at + 1] = nowMs;
  }

  adopt(numbers: Float64Array, at: number, from: BucketMeter, nowMs: number): void {
    if (from instanceof TokenMeter) numbers[at] = this.scale.convert(numbers[at]!, from.scale.perToken);
    else this.start(numbers, at, nowMs);
  }

  renew(numbers: Float64Array, at: number, nowMs: number): void {
    numbers[at] = this.scale.unitsAt(numbers[at]!, numbers[at + 1]!, nowMs);
    numbers[at + 1] = nowMs;
  }

  unitsOf(cost: number): number {
    return this.scale.unitsOf(cost);
  }

  admits(numbers: Float64Array, at: number, units: number): boolean {
    return numbers[at]! >= units;
  }

  charge(numbers: Float64Array, at: number, units: number): void {
    numbers[at] = numbers[at]! - units;
  }

  answer(numbers: Float64Array, at: number, units: number, allowed: boolean, nowMs: number): BucketAnswer {
    const held = numbers[at]!;
    const { scale } = this;
    return {
      allowed,
      remaining: scale.tokens(held),
      retryAfterMs: allowed ? 0 : units > scale.full ? null : scale.waitMs(units - held, nowMs),
      resetMs: scale.waitMs(scale.full - held, nowMs),
    };
  }

  isIdle(numbers: Float64Array, at: number, nowMs: number): boolean {
    return this.scale.unitsAt(numbers[at]!, numbers[at + 1]!, nowMs) >= this.scale.full;
  }
}

/** Numbers: when the window began, what the one before counted, what this one counted. */
class WindowMeter implements BucketMeter {
  readonly algorithm = 'sliding-window';
  readonly scale: WindowScale;

  constructor(readonly rate: Rate) {
    this.scale = new WindowScale(rate);
  }

  start(numbers: Float64Array, at: number, nowMs: number): void {
    write(numbers, at, { startMs: nowMs, previous: 0, current: 0 });
  }

  adopt(numbers: Float64Array, at: number, from: BucketMeter, nowMs: number): void {
    if (!(from instanceof WindowMeter)) this.start(numbers, at, nowMs);
  }

  renew(numbers: Float64Array, at: number, nowMs: number): void {
    write(numbers, at, this.scale.slide(read(numbers, at), nowMs));
  }

  unitsOf(cost: number): number {
    checkPositive('cost', cost);
    return cost;
  }

  admits(numbers: Float64Array, at: number, units: number, nowMs: number): boolean {
    return this.scale.admits(read(numbers, at), nowMs, units);
  }

  charge(numbers: Float64Array, at: number, units: number): void {
    numbers[at + 2] = numbers[at + 2]! + units;
  }

  answer(numbers: Float64Array, at: number, units: number, allowed: boolean, nowMs: number): BucketAnswer {
    const state = read(numbers, at);
    return this.scale.answer(state, nowMs, allowed ? 0 : this.scale.waitMs(state, nowMs, units), allowed);
  }

  isIdle(numbers: Float64Array, at: number, nowMs: number): boolean {
    return this.scale.idleInMs(read(numbers, at), nowMs) === 0;
  }
}

function read(numbers: Float64Array, at: number): SlidingWindowState {
  return { startMs: numbers[at]!, previous: numbers[at + 1]!, current: numbers[at + 2]! };
}

function write(numbers: Float64Array, at: number, { startMs, previous, current }: SlidingWindowState): void {
  numbers[at] = startMs;
  numbers[at + 1] = previous;
  numbers[at + 2] = current;
}
