/** Has this very key been verified lately? A bounded memory of minutes, by digest, so that no key is ever kept. */

import { TwoGenerations } from '../../core/two-generations.js';
import type { VerifiedKey } from './verified-key.js';

/** Keys of one generation. */
const GENERATION = 10_000;

/**
 * How long a key is told from a guess after it held. It is not taken on that: a blocked address gets as far as the look-up
 * with it, and a look-up that refuses it ends this too.
 */
const PROVEN_FOR_MS = 15 * 60_000;

interface Entry {
  readonly key: VerifiedKey;
  readonly sinceMs: number;
}

export class RememberedKeys {
  readonly #entries = new TwoGenerations<string, Entry>(GENERATION);

  /** @param forMs How long a key is taken without the store, from when that told of it. It does not grow with use. */
  constructor(private readonly forMs: number) {}

  /** The key, where it may be taken without asking the store. */
  recall(digest: string, nowMs: number): VerifiedKey | undefined {
    return this.#within(this.forMs, digest, nowMs);
  }

  /** The key, where it is no guess. It may have been revoked since. */
  proven(digest: string, nowMs: number): VerifiedKey | undefined {
    return this.#within(PROVEN_FOR_MS, digest, nowMs);
  }

  /** @param sinceMs When the store was asked: what it told may be as old as that. */
  remember(digest: string, key: VerifiedKey, sinceMs: number): void {
    this.#entries.set(digest, { key, sinceMs });
  }

  #within(forMs: number, digest: string, nowMs: number): VerifiedKey | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    const { key, sinceMs } = entry;
    // A clock that stepped back must not make the memory last longer.
    return nowMs >= sinceMs && nowMs - sinceMs < forMs && nowMs < key.goodUntilMs ? key : undefined;
  }

  /** This secret does not hold any more. */
  drop(digest: string): void {
    this.#entries.delete(digest);
  }

  /** Every secret of this key. */
  forget(id: string): void {
    this.#entries.deleteWhere(({ key }) => key.id === id);
  }
}
