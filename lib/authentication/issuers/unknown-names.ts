/** Which names were asked for in vain, lately? A bounded memory: those who make names up must not fill it. */

import { TwoGenerations } from '../../core/two-generations.js';

/** Names of one generation. */
const GENERATION = 1_000;

export class UnknownNames {
  readonly #names = new TwoGenerations<string, number>(GENERATION);

  /** @param forMs How long a name counts as unknown. */
  constructor(private readonly forMs: number) {}

  has(name: string, nowMs: number): boolean {
    const since = this.#names.get(name);
    // A clock that stepped back must not make it last longer.
    return since !== undefined && nowMs >= since && nowMs - since < this.forMs;
  }

  add(name: string, nowMs: number): void {
    this.#names.set(name, nowMs);
  }
}
