/** How much may an attack cost? Requests and time, whichever ends first. */

import { steadyNowMs } from '../../core/clock.js';

/** Thrown where the budget has ended: the case that runs and those after it are not tried. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

export class Budget {
  #requests = 0;
  readonly #startedMs = steadyNowMs();

  constructor(
    private readonly mostRequests: number,
    private readonly mostMs: number,
  ) {}

  get requests(): number {
    return this.#requests;
  }

  get elapsedMs(): number {
    return steadyNowMs() - this.#startedMs;
  }

  /** What is left of the time, in milliseconds. */
  get leftMs(): number {
    return this.mostMs - this.elapsedMs;
  }

  timeIsUp(): BudgetSpent {
    return new BudgetSpent(`the budget of ${this.mostMs / 1000} seconds has ended (budget.timeMs)`);
  }

  /** @throws BudgetSpent */
  spend(): void {
    if (this.#requests >= this.mostRequests) {
      throw new BudgetSpent(`the budget of ${this.mostRequests} requests has ended (budget.requests)`);
    }
    if (this.leftMs < 0) throw this.timeIsUp();
    this.#requests++;
  }
}
