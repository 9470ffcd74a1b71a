/** What time is it for the app under attack? The time stands still, and moves on where a case wants it to. */

import type { Clock } from '../../../core/clock.js';

/**
 * Takes the place of `now()` on the clock of one app, and gives it back. Other apps in the process have clocks of their own.
 * A clock that cannot be changed, frozen say, goes on as it was: cases that need another time are then not tried.
 */
export class HeldClock {
  readonly #original: Clock['now'];
  readonly #isHeld: boolean;
  #ms: number;

  constructor(private readonly clock: Clock) {
    this.#original = Reflect.get(clock, 'now') as Clock['now'];
    this.#ms = clock.now();
    this.#isHeld = Object.isExtensible(clock) && Reflect.set(clock, 'now', () => this.#ms);
  }

  /** Can the time be moved? */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Milliseconds since the Unix epoch, as the app sees it. */
  now(): number {
    return this.clock.now();
  }

  /** @returns false where the app's clock cannot be moved. */
  advance(ms: number): boolean {
    this.#ms += ms;
    return this.#isHeld;
  }

  /** Runs something at another time, and comes back. */
  async at<T>(ms: number, run: () => Promise<T>): Promise<T> {
    const before = this.#ms;
    this.#ms = ms;
    try {
      return await run();
    } finally {
      this.#ms = before;
    }
  }

  release(): void {
    if (this.#isHeld) (this.clock as { now: Clock['now'] }).now = this.#original;
  }
}
