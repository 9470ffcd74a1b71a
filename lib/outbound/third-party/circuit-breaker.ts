/** Is this upstream worth another try? After some failures in a row nobody asks it for a while. */

import type { Clock } from '../../core/clock.js';

/** `closed`: calls pass. `open`: none does. `half_open`: one passes, to see whether it is well again. */
export type BreakerState = 'closed' | 'open' | 'half_open';

export interface BreakerPolicy {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open, in milliseconds. */
  readonly openMs: number;
}

/** One try that was let through. Exactly one of the three is called when it is over; calls after that count for nothing. */
export interface Passage {
  /** The upstream answered, whatever it said. */
  succeeded(): void;
  failed(): void;
  /** Nobody knows: the caller gave up before the upstream could show how it is. */
  abandoned(): void;
}

export class CircuitBreaker {
  #failures = 0;
  /** Undefined: closed. */
  #openUntilMs: number | undefined = undefined;
  #isProbing = false;
  /** Grows whenever it opens or closes, so that an answer to an older question changes nothing. */
  #era = 0;

  constructor(
    private readonly policy: BreakerPolicy,
    private readonly clock: Clock,
  ) {}

  get state(): BreakerState {
    if (this.#openUntilMs === undefined) return 'closed';
    return this.clock.now() >= this.#openUntilMs ? 'half_open' : 'open';
  }

  /** How long to stay away, in milliseconds. 0 where a try would be let through. */
  get waitMs(): number {
    if (this.#openUntilMs === undefined) return 0;
    const leftMs = this.#openUntilMs - this.clock.now();
    if (leftMs > 0) return leftMs;
    // A probe is on its way: soon.
    return this.#isProbing ? 1 : 0;
  }

  /** Lets one try through, or not (undefined). */
  pass(): Passage | undefined {
    this.#heedClock();
    if (this.waitMs > 0) return undefined;
    const isProbe = this.#openUntilMs !== undefined;
    if (isProbe) this.#isProbing = true;
    const era = this.#era;
    let isOver = false;
    /** Each passage counts once, and only for the time it was let through in. */
    const finish = (count: () => void) => (): void => {
      if (isOver) return;
      isOver = true;
      if (era !== this.#era) return;
      if (isProbe) this.#isProbing = false;
      count();
    };
    return Object.freeze({
      succeeded: finish(() => this.#close()),
      failed: finish(() => this.#fail(isProbe)),
      abandoned: finish(() => undefined),
    });
  }

  /** A clock that was set back must not keep it open for longer than agreed. */
  #heedClock(): void {
    if (this.#openUntilMs === undefined) return;
    this.#openUntilMs = Math.min(this.#openUntilMs, this.clock.now() + this.policy.openMs);
  }

  #close(): void {
    this.#failures = 0;
    if (this.#openUntilMs === undefined) return;
    this.#openUntilMs = undefined;
    this.#era++;
  }

  #fail(isProbe: boolean): void {
    this.#failures++;
    if (!isProbe && this.#failures < this.policy.failures) return;
    this.#openUntilMs = this.clock.now() + this.policy.openMs;
    this.#era++;
  }
}
