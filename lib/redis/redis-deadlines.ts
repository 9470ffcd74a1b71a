/** Which commands have waited long enough? One timer for all of them, for they all wait equally long. */

import { steadyNowMs } from '../core/clock.js';

/** Something that waits for its answer, for a limited time: whichever comes first counts. */
export abstract class Waiting {
  dueMs = 0;
  earlier: Waiting | undefined;
  later: Waiting | undefined;
  #isSettled = false;

  constructor(private readonly deadlines: RedisDeadlines) {
    deadlines.watch(this);
  }

  /** Called once, when its time is up. */
  abstract expire(): void;

  /** An answer came, or there will be none. False: that was known before, and what comes now comes too late. */
  settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.deadlines.forget(this);
    return true;
  }
}

/**
 * Those that wait, in the order in which they began, which is the order in which their time is up. What is answered leaves at
 * once: a list that held on to it for as long as it might have waited would have the garbage collector copy it twice.
 */
export class RedisDeadlines {
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly afterMs: number) {}

  watch(waiting: Waiting): void {
    waiting.dueMs = steadyNowMs() + this.afterMs;
    waiting.earlier = this.#last;
    if (this.#last === undefined) this.#first = waiting;
    else this.#last.later = waiting;
    this.#last = waiting;
    if (this.#timer === undefined) this.#wake(this.afterMs);
  }

  forget(waiting: Waiting): void {
    const { earlier, later } = waiting;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    waiting.earlier = undefined;
    waiting.later = undefined;
  }

  #wake(inMs: number): void {
    // After the sockets were read: where this process was busy for a while, answers that have arrived are not late.
    this.#timer = setTimeout(() => setImmediate(() => this.#sweep()), inMs);
  }

  #sweep(): void {
    const nowMs = steadyNowMs();
    let first: Waiting | undefined;
    while ((first = this.#first) !== undefined && first.dueMs <= nowMs) if (first.settle()) first.expire();
    this.#timer = undefined;
    if (first !== undefined) this.#wake(Math.max(1, Math.ceil(first.dueMs - nowMs)));
  }
}
