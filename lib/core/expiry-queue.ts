/** Which of these expires first? A binary heap: nothing is looked through to find out. */

export interface Expiring {
  /** In milliseconds since the epoch. */
  readonly untilMs: number;
}

export class ExpiryQueue<T extends Expiring> {
  readonly #heap: T[] = [];

  push(entry: T): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.untilMs <= entry.untilMs) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Takes out the one that expires first, if it has expired by now. */
  popExpired(nowMs: number): T | undefined {
    const [first] = this.#heap;
    if (first === undefined || first.untilMs > nowMs) return undefined;
    const last = this.#heap.pop()!;
    if (last !== first) this.#sink(last);
    return first;
  }

  /** From the top down to where it belongs. */
  #sink(entry: T): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.untilMs < heap[child]!.untilMs) child++;
      if (heap[child]!.untilMs >= entry.untilMs) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = entry;
  }
}
