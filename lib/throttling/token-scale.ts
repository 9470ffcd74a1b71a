/** In which whole units is a bucket counted, so that no fraction of a token and no millisecond is ever lost? */

import type { Rate } from './rate.js';

/** Above this, sums of units would leave the whole numbers that a double holds exactly (2^53). */
const FINEST = 2 ** 50;

/**
 * The arithmetic of one rate. One token is `perToken` units and one millisecond brings `perMs` of them. With a rate of
 * whole numbers both are whole, so that what came back after n milliseconds is exact, and never one millisecond late.
 */
export class TokenScale {
  readonly perToken: number;
  readonly perMs: number;
  /** A full bucket, in units. */
  readonly full: number;

  /** @throws TypeError, RangeError when a number of the rate is not positive and finite. */
  constructor({ capacity, refillTokens, refillPeriodMs }: Rate) {
    checkPositive('capacity', capacity);
    checkPositive('refillTokens', refillTokens);
    checkPositive('refillPeriodMs', refillPeriodMs);
    const factor = wholeFactor(refillTokens, refillPeriodMs);
    const tokens = factor === undefined ? refillTokens : Math.round(refillTokens * factor);
    const period = factor === undefined ? refillPeriodMs : Math.round(refillPeriodMs * factor);
    const shared = factor === undefined ? 1 : greatestCommonDivisor(tokens, period);
    // A thousandth of a token is a whole number of units as well where there is room, so that costs like 0.1 add up.
    const finer = (capacity * period * 1000) / shared <= FINEST ? 1000 : 1;
    this.perToken = (period / shared) * finer;
    this.perMs = (tokens / shared) * finer;
    this.full = capacity * this.perToken;
  }

  /** @throws TypeError, RangeError when the cost is not positive and finite. */
  unitsOf(cost: number): number {
    if (cost === 1) return this.perToken;
    checkPositive('cost', cost);
    const exact = cost * this.perToken;
    const whole = Math.round(exact);
    // 0.07 × 100 is 7.000000000000001 in doubles. What was meant is 7.
    return Math.abs(exact - whole) <= whole * 1e-12 ? whole : exact;
  }

  /** What the bucket holds now, if it held `units` at `atMs`. A clock that went backwards brings nothing and takes nothing. */
  unitsAt(units: number, atMs: number, nowMs: number): number {
    const elapsedMs = nowMs - atMs;
    return Math.min(this.full, elapsedMs > 0 ? units + elapsedMs * this.perMs : units);
  }

  /** How long until `missing` units have come back: whole milliseconds, and never one too few. */
  waitMs(missing: number, nowMs: number): number {
    if (missing <= 0) return 0;
    const waitMs = Math.ceil(missing / this.perMs);
    // Only a clock that tells fractions of milliseconds can be a rounding short here.
    return (nowMs + waitMs - nowMs) * this.perMs < missing ? waitMs + 1 : waitMs;
  }

  /** Whole tokens in the bucket. */
  tokens(units: number): number {
    return Math.floor(units / this.perToken);
  }

  /** Units of another rate's scale, in this one's. A caller whose rate changed keeps the tokens that they had. */
  convert(units: number, perToken: number): number {
    return perToken === this.perToken ? units : Math.min(this.full, Math.floor((units / perToken) * this.perToken));
  }
}

export function checkPositive(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${name}: ${typeof value} is not a number.`);
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(`${name}: ${value} is not a positive finite number.`);
}

export function checkTime(nowMs: unknown): void {
  if (typeof nowMs !== 'number') throw new TypeError(`nowMs: ${typeof nowMs} is not a number.`);
  if (!Number.isFinite(nowMs)) throw new RangeError(`nowMs: ${nowMs} is not a finite number.`);
}

/** The power of ten that makes both numbers whole, as they were written: 2.5 per 1000 ms is 25 per 10,000 ms. */
function wholeFactor(left: number, right: number): number | undefined {
  for (let factor = 1; factor <= 1e6; factor *= 10) {
    if (isWhole(left, factor) && isWhole(right, factor)) return factor;
  }
  return undefined;
}

function isWhole(value: number, factor: number): boolean {
  const whole = Math.round(value * factor);
  return Number.isSafeInteger(whole) && whole / factor === value;
}

function greatestCommonDivisor(left: number, right: number): number {
  while (right !== 0) [left, right] = [right, left % right];
  return left;
}
