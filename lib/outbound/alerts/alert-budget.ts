/** May another message be sent now? A flood of alerts does not become a flood of messages. */

/** A few at once, then evenly spaced: at most `maxPerHour` in any hour, and never an hour of silence after a flood. */
export class AlertBudget {
  readonly #atOnce: number;
  readonly #refillMs: number;
  #left: number;
  #atMs: number | undefined = undefined;

  constructor(maxPerHour: number) {
    // What a full store gives at once counts in the hour, too.
    this.#atOnce = Math.ceil(maxPerHour / 6);
    this.#refillMs = 3_600_000 / Math.max(1, maxPerHour - this.#atOnce);
    this.#left = this.#atOnce;
  }

  /** Takes one, and answers 0; or how long until there is one, in milliseconds. */
  take(nowMs: number): number {
    // A clock that goes backwards brings nothing.
    const passedMs = this.#atMs === undefined ? 0 : Math.max(0, nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#left = Math.min(this.#atOnce, this.#left + passedMs / this.#refillMs);
    // Thirds of a message add up to a little less than one.
    if (this.#left < 1 - 1e-9) return Math.max(1, Math.ceil((1 - this.#left) * this.#refillMs));
    this.#left = Math.max(0, this.#left - 1);
    return 0;
  }
}
