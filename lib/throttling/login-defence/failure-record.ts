/** How long must somebody wait who has failed? Longer each time, never for good, and forgiven with time. */

import type { Rate } from '../rate.js';

/** What is kept of the failures under one key. */
export interface FailureRecord {
  /** Failures that are not forgiven yet, at `atMs`. */
  readonly level: number;
  readonly atMs: number;
  /** The next try is welcome from this moment on. */
  readonly nextMs: number;
}

export interface DelayPolicy {
  /** Failures that cost nothing. */
  readonly free: number;
  /** The wait after them, in milliseconds. It doubles with each further failure. */
  readonly firstDelayMs: number;
  /** The longest wait, in milliseconds, and the time in which one failure is forgiven. */
  readonly maxDelayMs: number;
}

/** Failures beyond this many make nothing worse: however hard somebody was attacked, it is over in an hour. */
export const WORST = 10;

/** `perMinute(5)`: five tries at once, then one in twelve seconds, then in twenty-four, … */
export function delayPolicy({ capacity, refillTokens, refillPeriodMs }: Rate, maxDelayMs: number): DelayPolicy {
  const firstDelayMs = Math.min(maxDelayMs, refillPeriodMs / refillTokens);
  return Object.freeze({ free: capacity, firstDelayMs, maxDelayMs });
}

/** `perMinute(5)`: five tries at once, then one every twelve seconds, however many there were before. */
export function steadyPolicy(rate: Rate): DelayPolicy {
  return delayPolicy(rate, rate.refillPeriodMs / rate.refillTokens);
}

/** The failures that are not forgiven by now. */
export function levelAt(record: FailureRecord | undefined, nowMs: number, { maxDelayMs }: DelayPolicy): number {
  if (record === undefined) return 0;
  return Math.max(0, record.level - Math.max(0, nowMs - record.atMs) / maxDelayMs);
}

/** How long until the next try is welcome, in milliseconds. A clock that went backwards makes it no longer than the longest. */
export function waitOf(record: FailureRecord | undefined, nowMs: number, { maxDelayMs }: DelayPolicy): number {
  return record === undefined ? 0 : Math.min(maxDelayMs, Math.max(0, record.nextMs - nowMs));
}

/** One failure more. */
export function failed(record: FailureRecord | undefined, nowMs: number, policy: DelayPolicy): FailureRecord {
  const level = Math.min(levelAt(record, nowMs, policy) + 1, policy.free + WORST);
  // What is forgiven within a burst is a trifle and makes no try more. A billionth is the error of the sum.
  const over = Math.ceil(level - policy.free - 1e-9);
  const delayMs = over < 0 ? 0 : Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** over);
  return { level, atMs: nowMs, nextMs: nowMs + delayMs };
}

/** One failure less: what was counted in advance did not fail. */
export function undone(record: FailureRecord | undefined, nowMs: number, policy: DelayPolicy): FailureRecord {
  return { level: Math.max(0, levelAt(record, nowMs, policy) - 1), atMs: nowMs, nextMs: nowMs };
}
