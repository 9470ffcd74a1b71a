/** Which commands have waited long enough? One timer for all of them, for they all wait equally long. */

import { steadyNowMs } from '../core/clock.js';

/** Something that waits for its answer, for a limited time: whichever comes first counts. */
export interface Wait {
  readonly dueMs: number;
  readonly expire: () => void;
  earlier: Wait | undefined;
  later: Wait | undefined;
  isOver: boolean;
}

/**
 * Those that wait, in the order in which they began, which is the order in which their time is up. What is answered leaves at
 * once: a list that held on to it for as long as it might have waited would have the garbage collector copy it twice.
 */
export class RedisDeadlines {
  #first: Wait | undefined;
  #last: Wait | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly afterMs: number) {}

  /** @param expire Called once, when the time is up. */
  watch(expire: () => void): Wait {
    const dueMs = steadyNowMs() + this.afterMs;
    const wait: Wait = { dueMs, expire, earlier: this.#last, later: undefined, isOver: false };
    if (this.#last === undefined) this.#first = wait;
    else this.#last.later = wait;
    this.#last = wait;
    if (this.#timer === undefined) this.#wake(this.afterMs);
    return wait;
  }

  /** An answer came, or there will be none. False: that was known before, and what comes now comes too late. */
  settle(wait: Wait): boolean {
    if (wait.isOver) return false;
    wait.isOver = true;
    const { earlier, later } = wait;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    wait.earlier = undefined;
    wait.later = undefined;
    return true;
  }

  #wake(inMs: number): void {
    // After the sockets were read: where this process was busy for a while, answers that have arrived are not late.
    this.#timer = setTimeout(() => setImmediate(() => this.#sweep()), inMs);
  }

  #sweep(): void {
    const nowMs = steadyNowMs();
    let first: Wait | undefined;
    while ((first = this.#first) !== undefined && first.dueMs <= nowMs) if (this.settle(first)) first.expire();
    this.#timer = undefined;
    if (first !== undefined) this.#wake(Math.max(1, Math.ceil(first.dueMs - nowMs)));
  }
}
