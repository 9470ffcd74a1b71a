/** How often may something happen? Rates that read as words: `perMinute(100)`. */

import { checkKeys, optionError } from '../core/checks.js';

/** How big a bucket is and how fast it refills. What `takeTokens` goes by. */
export interface Rate {
  /** How many tokens fit in: the most that can be taken at once. */
  readonly capacity: number;
  /** How many tokens come back per period, evenly spread over it. */
  readonly refillTokens: number;
  /** The length of a period, in milliseconds. */
  readonly refillPeriodMs: number;
}

export interface Unlimited {
  readonly unlimited: true;
}

/** A rate, or none at all. */
export type Limit = Rate | Unlimited;

/** No limit. For tiers: `{ admin: unlimited }`. */
export const unlimited: Unlimited = Object.freeze({ unlimited: true });

export interface BurstOption {
  /** How many tokens may be saved up and taken at once. Default: as many as come back in one period. */
  readonly burst?: number;
}

const PERIODS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** A period by its name, or its length in milliseconds. */
export type Period = keyof typeof PERIODS | number;

/** @throws TypeError when a number is not a positive whole one. */
export const perSecond = (tokens: number, options?: BurstOption): Rate =>
  rateOf('perSecond', tokens, 'second', options);
/** @throws TypeError when a number is not a positive whole one. */
export const perMinute = (tokens: number, options?: BurstOption): Rate =>
  rateOf('perMinute', tokens, 'minute', options);
/** @throws TypeError when a number is not a positive whole one. */
export const perHour = (tokens: number, options?: BurstOption): Rate => rateOf('perHour', tokens, 'hour', options);
/** @throws TypeError when a number is not a positive whole one. */
export const perDay = (tokens: number, options?: BurstOption): Rate => rateOf('perDay', tokens, 'day', options);

/** Makes a rate, and says where it stands when it makes no sense. */
export function rateOf(where: string, tokens: number, per: Period, options: BurstOption = {}): Rate {
  checkKeys(where, options, ['burst']);
  const refillPeriodMs = typeof per === 'string' && Object.hasOwn(PERIODS, per) ? PERIODS[per] : per;
  if (typeof refillPeriodMs !== 'number') {
    throw optionError(
      `${where}: per`,
      per,
      'is not a period',
      `Use ${Object.keys(PERIODS).join(', ')} or milliseconds.`,
    );
  }
  return checkRate(where, { capacity: options.burst ?? tokens, refillTokens: tokens, refillPeriodMs });
}

/** @throws TypeError when a rate is not positive and finite, or its capacity is not whole. */
export function checkRate(where: string, rate: Rate): Rate {
  checkKeys(where, rate, ['capacity', 'refillTokens', 'refillPeriodMs']);
  checkNumber(where, rate.refillTokens, 'is not a positive finite number of tokens');
  checkNumber(where, rate.refillPeriodMs, 'is not a positive finite number of milliseconds');
  if (!Number.isSafeInteger(rate.capacity) || rate.capacity < 1) {
    throw optionError(
      where,
      rate.capacity,
      'is not a positive whole number of tokens',
      'Use e.g. perMinute(100), or perHour(30) for half a token a minute.',
    );
  }
  return Object.freeze({ ...rate });
}

export function checkLimit(where: string, limit: Limit): Limit {
  if (isUnlimited(limit)) return unlimited;
  if (typeof limit !== 'object' || limit === null) {
    throw optionError(where, limit, 'is not a rate', 'Use perSecond(), perMinute(), perHour(), perDay() or unlimited.');
  }
  return checkRate(where, limit);
}

export function isUnlimited(limit: Limit): limit is Unlimited {
  return typeof limit === 'object' && limit !== null && 'unlimited' in limit;
}

/** How long an empty bucket takes to fill, in milliseconds. */
export function fillTimeMs({ capacity, refillTokens, refillPeriodMs }: Rate): number {
  return Math.ceil((capacity * refillPeriodMs) / refillTokens);
}

function checkNumber(where: string, value: unknown, problem: string): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw optionError(where, value, problem, 'Use a positive finite number.');
  }
}
