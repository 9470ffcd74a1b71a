/** Who gives way when there is no more room? Whoever takes the most of it, with what they have had the longest. */

/** Keys by owner. Each method takes the same time, however many there are. */
export class FairShares {
  /** Each owner's keys, oldest first. */
  readonly #keys = new Map<string, Set<string>>();
  /** The owners who have this many keys, in the order in which they came to have them. */
  readonly #owners = new Map<number, Set<string>>();
  #most = 0;

  add(owner: string, key: string): void {
    const keys = this.#keys.get(owner) ?? new Set();
    const before = keys.size;
    keys.add(key);
    this.#keys.set(owner, keys);
    this.#move(owner, before, keys.size);
  }

  /** Nothing happens where the owner does not have it. */
  delete(owner: string, key: string): void {
    const keys = this.#keys.get(owner);
    if (keys === undefined || !keys.delete(key)) return;
    if (keys.size === 0) this.#keys.delete(owner);
    this.#move(owner, keys.size + 1, keys.size);
  }

  /** The oldest key of an owner who has no fewer than anybody else. Undefined: nobody has any. */
  next(): string | undefined {
    const owner = this.#owners.get(this.#most)?.values().next().value;
    return owner === undefined ? undefined : this.#keys.get(owner)?.values().next().value;
  }

  #move(owner: string, from: number, to: number): void {
    if (from === to) return;
    const left = this.#owners.get(from);
    left?.delete(owner);
    if (left?.size === 0) this.#owners.delete(from);
    if (to > 0) {
      const joined = this.#owners.get(to) ?? new Set();
      this.#owners.set(to, joined.add(owner));
    }
    // One step at a time: where nobody has `most` any more, the one who lost a key has one less.
    if (to > this.#most || (from === this.#most && !this.#owners.has(from))) this.#most = to;
  }
}
