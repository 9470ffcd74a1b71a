/** Waits that pass when the test says so, with the clock that stands still in between. */

import type { Pacing } from '../../lib/outbound/pacing.js';
import { FrozenClock } from '../app.js';

interface Wait {
  readonly dueMs: number;
  readonly ms: number;
  readonly resolve: () => void;
}

export class SteppedPacing implements Pacing {
  readonly clock = new FrozenClock();
  #waits: Wait[] = [];
  readonly #watchers: (() => void)[] = [];

  /** The middle: waits are as long as they were planned. */
  random = (): number => 0.5;

  wait = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const wait = { dueMs: this.clock.now() + ms, ms, resolve };
      this.#waits.push(wait);
      signal.addEventListener('abort', () => {
        this.#waits = this.#waits.filter((other) => other !== wait);
        reject(signal.reason as Error);
      });
      for (const watcher of this.#watchers.splice(0)) watcher();
    });

  get waiting(): number {
    return this.#waits.length;
  }

  /** Waits until somebody waits, and lets that time pass. Answers how long it was. */
  async pass(): Promise<number> {
    while (this.#waits.length === 0) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
    const next = this.#waits.reduce((left, right) => (right.dueMs < left.dueMs ? right : left));
    this.#waits = this.#waits.filter((other) => other !== next);
    this.clock.advance(Math.max(0, next.dueMs - this.clock.now()));
    next.resolve();
    return next.ms;
  }
}
