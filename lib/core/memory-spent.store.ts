/** Remembers spent tickets in this process's memory: bounded, fair among owners, without timers. */

import { KEPT_IN_PROCESS } from './process-memory.js';
import { checkKeys, checkPositiveInteger } from './checks.js';
import { ExpiryQueue } from './expiry-queue.js';
import type { SpentStore } from './spent.store.js';

export interface MemorySpentStoreOptions {
  /**
   * How many are remembered. Default 100_000. Beyond it nothing more can be spent until the oldest expire. An owner holds
   * at most as many as are still free: one alone half of the room, two a third each; so there is always room for another.
   */
  readonly maxIds?: number;
}

interface Spent {
  readonly id: string;
  readonly untilMs: number;
  readonly owner: string | undefined;
}

/** Expired ids that leave on every call: more than come, so that none pile up, and no call has to wait for many. */
const SWEEP_STEPS = 4;

export class MemorySpentStore implements SpentStore {
  readonly [KEPT_IN_PROCESS] = 'used nonces and tickets (security.signatures.nonces, security.flows.spent)';
  readonly #byId = new Map<string, Spent>();
  readonly #queue = new ExpiryQueue<Spent>();
  /** How many each owner holds. */
  readonly #held = new Map<string, number>();
  readonly #maxIds: number;

  /** @throws TypeError when `maxIds` is not a positive whole number. */
  constructor(options: MemorySpentStoreOptions = {}) {
    checkKeys('MemorySpentStore', options, ['maxIds']);
    this.#maxIds = checkPositiveInteger('MemorySpentStore.maxIds', options.maxIds ?? 100_000);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** @throws Error when there is no room, or this owner has had their share of it. */
  spend(id: string, untilMs: number, nowMs: number, owner?: string): boolean {
    for (let steps = SWEEP_STEPS; steps > 0 && this.#dropExpired(nowMs); steps--);
    const known = this.#byId.get(id);
    if (known !== undefined && known.untilMs > nowMs) return false;
    if (known !== undefined) this.#forget(known);
    // Forgetting one that still counts would let it be used again. So it is no, until there is room.
    while (!this.#hasRoomFor(owner)) if (!this.#dropExpired(nowMs)) throw this.#full(owner);
    const spent = { id, untilMs, owner };
    this.#byId.set(id, spent);
    this.#queue.push(spent);
    if (owner !== undefined) this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
    return true;
  }

  #hasRoomFor(owner: string | undefined): boolean {
    const free = this.#maxIds - this.#byId.size;
    return free > (owner === undefined ? 0 : (this.#held.get(owner) ?? 0));
  }

  /** @returns false when none has expired. */
  #dropExpired(nowMs: number): boolean {
    const expired = this.#queue.popExpired(nowMs);
    if (expired !== undefined) this.#forget(expired);
    return expired !== undefined;
  }

  #forget(spent: Spent): void {
    // Forgotten before, and perhaps spent anew since.
    if (this.#byId.get(spent.id) !== spent) return;
    this.#byId.delete(spent.id);
    if (spent.owner === undefined) return;
    const left = this.#held.get(spent.owner)! - 1;
    if (left > 0) this.#held.set(spent.owner, left);
    else this.#held.delete(spent.owner);
  }

  #full(owner: string | undefined): Error {
    return new Error(
      this.#byId.size >= this.#maxIds
        ? `MemorySpentStore: all ${this.#maxIds} ids are in use.`
        : `MemorySpentStore: "${owner}" holds as many of the ${this.#maxIds} ids as are free.`,
    );
  }
}
