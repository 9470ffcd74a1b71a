/** May this cost be counted now? The sliding window, as a pure function: the alternative to the token bucket. */

import { fillTimeMs, type Rate } from './rate.js';
import type { BucketAnswer } from './token-bucket.js';
import { checkPositive, checkTime } from './token-scale.js';

/** What has to be remembered of a window. Plain numbers, so that it survives JSON. */
export interface SlidingWindowState {
  /** When the current window began. Windows begin with the caller's first call, not by the wall clock. */
  readonly startMs: number;
  /** What was counted in the window before. */
  readonly previous: number;
  /** What was counted in the current window. */
  readonly current: number;
}

export interface SlidingWindowAnswer extends BucketAnswer {
  readonly state: SlidingWindowState;
}

/**
 * Counts `cost` against `capacity` per window, the window before weighted by how much of it still lies within the last
 * window's length. Two numbers instead of a log of all calls, at a price: evenly spread calls are held to `capacity` in
 * any window exactly; at worst (a burst at the very end of one window) fewer than twice that pass within a window's
 * length, which is the token bucket's bound. A refused cost is not counted.
 *
 * The window is the time in which a token bucket of this rate would fill: one minute for `perMinute(100)`.
 *
 * @throws RangeError, TypeError when a number is not finite and positive, or the state is not one.
 */
export function takeFromWindow(
  state: SlidingWindowState | undefined,
  nowMs: number,
  cost: number,
  rate: Rate,
): SlidingWindowAnswer {
  const window = new WindowScale(rate);
  checkTime(nowMs);
  checkPositive('cost', cost);
  const now =
    state === undefined ? { startMs: nowMs, previous: 0, current: 0 } : window.slide(checkState(state), nowMs);
  const allowed = window.admits(now, nowMs, cost);
  const after = allowed ? { ...now, current: now.current + cost } : now;
  return { state: after, ...window.answer(after, nowMs, allowed ? 0 : window.waitMs(after, nowMs, cost), allowed) };
}

/** The arithmetic of one window. Sums are in cost × milliseconds, which are whole numbers where costs are. */
export class WindowScale {
  readonly limit: number;
  readonly lengthMs: number;

  /** @throws TypeError, RangeError when a number of the rate is not positive and finite. */
  constructor(rate: Rate) {
    checkPositive('capacity', rate.capacity);
    checkPositive('refillTokens', rate.refillTokens);
    checkPositive('refillPeriodMs', rate.refillPeriodMs);
    this.limit = rate.capacity;
    this.lengthMs = fillTimeMs(rate);
  }

  /**
   * The state as of now. A window begins anew where nothing is counted any more, and, with what was counted so far, where
   * the clock went back before its beginning.
   */
  slide(state: SlidingWindowState, nowMs: number): SlidingWindowState {
    const { startMs, previous, current } = this.#shifted(state, nowMs);
    return nowMs < startMs || (previous === 0 && current === 0)
      ? { startMs: nowMs, previous, current }
      : { startMs, previous, current };
  }

  #shifted(state: SlidingWindowState, nowMs: number): SlidingWindowState {
    const elapsedMs = nowMs - state.startMs;
    if (elapsedMs < this.lengthMs) return state;
    const previous = elapsedMs < 2 * this.lengthMs ? state.current : 0;
    return { startMs: state.startMs + this.lengthMs, previous, current: 0 };
  }

  admits({ startMs, previous, current }: SlidingWindowState, nowMs: number, cost: number): boolean {
    const leftMs = this.lengthMs - (nowMs - startMs);
    return previous * leftMs + (current + cost) * this.lengthMs <= this.limit * this.lengthMs;
  }

  /** When this cost passes if nothing else does before, in whole milliseconds. Null: it is over the limit. */
  waitMs({ startMs, previous, current }: SlidingWindowState, nowMs: number, cost: number): number | null {
    if (cost > this.limit) return null;
    const fits = current + cost <= this.limit;
    // Within this window when only the one before is in the way, else within the next, where this one is the one before.
    const inTheWay = fits ? previous : current;
    const room = this.limit - cost - (fits ? current : 0);
    const outMs = this.lengthMs - Math.floor((room * this.lengthMs) / inTheWay);
    return Math.max(1, Math.ceil(startMs + (fits ? 0 : this.lengthMs) + outMs - nowMs));
  }

  answer(state: SlidingWindowState, nowMs: number, retryAfterMs: number | null, allowed: boolean): BucketAnswer {
    const leftMs = this.lengthMs - (nowMs - state.startMs);
    const room = (this.limit - state.current) * this.lengthMs - state.previous * leftMs;
    return {
      allowed,
      remaining: Math.max(0, Math.floor(room / this.lengthMs)),
      retryAfterMs,
      resetMs: this.idleInMs(state, nowMs),
    };
  }

  /** When nothing is counted any more, in whole milliseconds. */
  idleInMs({ startMs, previous, current }: SlidingWindowState, nowMs: number): number {
    if (current === 0 && previous === 0) return 0;
    return Math.max(0, Math.ceil(startMs + (current > 0 ? 2 : 1) * this.lengthMs - nowMs));
  }
}

function checkState(state: SlidingWindowState): SlidingWindowState {
  const { startMs, previous, current } = state;
  if (!Number.isFinite(startMs) || !(previous >= 0 && previous < Infinity) || !(current >= 0 && current < Infinity)) {
    throw new TypeError('state: not the state of a window. Hand back what takeFromWindow returned, or undefined.');
  }
  return state;
}
