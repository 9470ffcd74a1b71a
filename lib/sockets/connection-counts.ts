/** How many connections has an address, a principal, everybody? Slots are taken before anything is done for a client. */

export class ConnectionCounts {
  readonly #counts = new Map<string, number>();

  /** Takes a slot, or none where all are taken. The answer gives it back, once. */
  take(key: string, most: number): (() => void) | undefined {
    const held = this.#counts.get(key) ?? 0;
    if (held >= most) return undefined;
    this.#counts.set(key, held + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = this.#counts.get(key)! - 1;
      // What is no longer there takes no room.
      if (left === 0) this.#counts.delete(key);
      else this.#counts.set(key, left);
    };
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}
