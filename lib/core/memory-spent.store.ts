/** Remembers spent tickets in this process's memory: bounded, without timers. */

import { checkKeys, checkPositiveInteger } from './checks.js';
import type { SpentStore } from './spent.store.js';

export interface MemorySpentStoreOptions {
  /** How many are remembered. Default 100_000. Beyond it nothing more can be spent until the oldest expire. */
  readonly maxIds?: number;
}

/** Ids looked at on every call, so that expired ones leave without a timer and without a pause. */
const SWEEP_STEPS = 4;

export class MemorySpentStore implements SpentStore {
  readonly #untilMs = new Map<string, number>();
  readonly #maxIds: number;

  /** @throws TypeError when `maxIds` is not a positive whole number. */
  constructor(options: MemorySpentStoreOptions = {}) {
    checkKeys('MemorySpentStore', options, ['maxIds']);
    this.#maxIds = checkPositiveInteger('MemorySpentStore.maxIds', options.maxIds ?? 100_000);
  }

  get size(): number {
    return this.#untilMs.size;
  }

  spend(id: string, untilMs: number, nowMs: number): boolean {
    this.#sweep(nowMs);
    const known = this.#untilMs.get(id);
    if (known !== undefined && known > nowMs) return false;
    if (known === undefined && this.#untilMs.size >= this.#maxIds) this.#makeRoom(nowMs);
    this.#untilMs.delete(id);
    this.#untilMs.set(id, untilMs);
    return true;
  }

  #sweep(nowMs: number): void {
    let steps = SWEEP_STEPS;
    for (const [id, untilMs] of this.#untilMs) {
      if (steps-- === 0) return;
      if (untilMs <= nowMs) this.#untilMs.delete(id);
    }
  }

  /** Forgetting one that still counts would let it be used again. So it is no, until there is room. */
  #makeRoom(nowMs: number): void {
    for (const [id, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(id);
    if (this.#untilMs.size >= this.#maxIds) throw new Error(`MemorySpentStore: all ${this.#maxIds} ids are in use.`);
  }
}
