/** May a failed try be made again, and when? */

import { parseRetryAfter } from '../retry-after.js';

export interface RetryPolicy {
  /** How many tries may follow the first. */
  readonly times: number;
  /** The wait before the second try, in milliseconds; doubled before each one after. */
  readonly delayMs: number;
  /** The longest wait, in milliseconds, the upstream's own wish included. */
  readonly maxDelayMs: number;
}

/** What a try came to, as far as another one depends on it. */
export interface FailedTry {
  /** 1 for the first. */
  readonly attempt: number;
  /** The status that the upstream answered; undefined: nothing came. */
  readonly status?: number;
  /** Its `Retry-After`, as it came. */
  readonly retryAfter?: string | undefined;
}

/** Doing these twice is doing them once (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Statuses that may be another one next time. The rest would be the same again. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export function mayBeRepeated(method: string, idempotencyKey: string | undefined): boolean {
  return IDEMPOTENT.has(method) || idempotencyKey !== undefined;
}

/**
 * What does this status say of the upstream, rather than of the request? A 500 or 501 says nothing: one id that crashes it is
 * enough for that, and whoever knows one would close the upstream for everybody.
 */
export function healthBy(status: number): 'unwell' | 'well' | 'unknown' {
  if (status === 500 || status === 501) return 'unknown';
  return status > 501 || status === 408 ? 'unwell' : 'well';
}

/**
 * How long to wait before the next try, in milliseconds. Undefined: there is none.
 *
 * The wait is drawn between nothing and the whole delay: callers that failed together do not come back together. Where
 * the upstream names a time, it gets that time; where it wants more than `maxDelayMs`, it is left alone.
 *
 * @param random From 0 up to 1.
 */
export function nextDelayMs(
  { attempt, status, retryAfter }: FailedTry,
  { times, delayMs, maxDelayMs }: RetryPolicy,
  nowMs: number,
  random: number,
): number | undefined {
  if (attempt > times || (status !== undefined && !PASSING.has(status))) return undefined;
  const drawn = Math.round(Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1)) * random);
  const wished = parseRetryAfter(retryAfter, nowMs);
  if (wished === undefined) return drawn;
  return wished > maxDelayMs ? undefined : Math.max(wished, drawn);
}
