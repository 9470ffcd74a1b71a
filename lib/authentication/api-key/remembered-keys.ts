/** Has this very key been verified a moment ago? A bounded memory of seconds, by digest, so that no key is ever kept. */

import type { VerifiedKey } from './verified-key.js';

/** The most keys remembered, in two generations: when the young one is full the old one is dropped whole. */
const GENERATION = 10_000;

interface Entry {
  readonly key: VerifiedKey;
  readonly sinceMs: number;
}

export class RememberedKeys {
  #young = new Map<string, Entry>();
  #old = new Map<string, Entry>();

  /** @param forMs How long a key is remembered from when the store told of it. It does not grow with use. */
  constructor(private readonly forMs: number) {}

  recall(digest: string, nowMs: number): VerifiedKey | undefined {
    const entry = this.#young.get(digest) ?? this.#old.get(digest);
    if (entry === undefined) return undefined;
    const { key, sinceMs } = entry;
    // A clock that stepped back must not make the memory last longer.
    if (nowMs >= sinceMs && nowMs - sinceMs < this.forMs && nowMs < key.goodUntilMs) return key;
    this.#young.delete(digest);
    this.#old.delete(digest);
    return undefined;
  }

  remember(digest: string, key: VerifiedKey, nowMs: number): void {
    if (this.forMs === 0) return;
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#old.delete(digest);
    this.#young.set(digest, { key, sinceMs: nowMs });
  }

  /** Every secret of this key. */
  forget(id: string): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [digest, { key }] of generation) if (key.id === id) generation.delete(digest);
    }
  }
}
