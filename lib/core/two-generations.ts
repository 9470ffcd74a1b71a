/** What was seen lately? A bounded memory in two generations, cheap to read and to write, without timers. */

/**
 * New entries go to the young generation. When that is full, it becomes the old one, and what was old until then is dropped
 * whole: so the most that are ever kept is twice its size, and what is read with `touch()` again and again stays.
 */
export class TwoGenerations<Key, Value> {
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  /** @param generation The most of one generation. 0 remembers nothing. */
  constructor(private readonly generation: number) {}

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: Key): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** As `get()`, and it is young again. A hit in the young generation writes nothing. */
  touch(key: Key): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    if (this.generation === 0) return;
    this.#old.delete(key);
    if (this.#young.size >= this.generation) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: Key): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  /** Every entry that is like this goes. */
  deleteWhere(isLike: (value: Value) => boolean): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [key, value] of generation) if (isLike(value)) generation.delete(key);
    }
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
