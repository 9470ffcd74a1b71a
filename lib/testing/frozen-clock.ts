/** What time is it in a test? The time that the test says. */

import type { Clock } from '../core/clock.js';

/** 2026-01-01T00:00:00Z */
const START_MS = 1_767_225_600_000;

/**
 * A clock that stands still until it is moved: tokens expire and buckets fill up without a sleep.
 *
 * @example
 * const clock = new FrozenClock();
 * SecurityModule.forRoot({ clock });
 * clock.advance(15 * 60_000); // every access token has expired
 */
export class FrozenClock implements Clock {
  #ms: number;

  /**
   * @param startMs Milliseconds since the Unix epoch. Default the beginning of 2026.
   * @throws TypeError for what is no time.
   */
  constructor(startMs = START_MS) {
    this.#ms = checked(startMs);
  }

  now(): number {
    return this.#ms;
  }

  /** @param ms Milliseconds; backwards where they are negative, as wall clocks do at times. @throws TypeError for what is no time. */
  advance(ms: number): void {
    this.#ms = checked(this.#ms + ms);
  }

  /** @param ms Milliseconds since the Unix epoch. @throws TypeError for what is no time. */
  set(ms: number): void {
    this.#ms = checked(ms);
  }
}

function checked(ms: number): number {
  if (typeof ms === 'number' && Number.isFinite(ms)) return ms;
  throw new TypeError(
    `FrozenClock: ${String(ms)} is no time. Use milliseconds since the Unix epoch, as Date.now() has them.`,
  );
}
