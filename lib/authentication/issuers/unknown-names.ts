/** Which names were asked for in vain, lately? A bounded memory: those who make names up must not fill it. */

/** In two generations: when the young one is full, the old one is dropped whole. */
const GENERATION = 1_000;

export class UnknownNames {
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /** @param forMs How long a name counts as unknown. */
  constructor(private readonly forMs: number) {}

  has(name: string, nowMs: number): boolean {
    const since = this.#young.get(name) ?? this.#old.get(name);
    // A clock that stepped back must not make it last longer.
    return since !== undefined && nowMs >= since && nowMs - since < this.forMs;
  }

  add(name: string, nowMs: number): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, nowMs);
  }
}
