/** When was this token first seen here? The age of tokens that do not say when they were made. */

import type { TokenDigest } from '../jwt/remembered-tokens.js';

/** In two generations: when the young one is full, the old one is dropped whole. */
const GENERATION = 50_000;

/** Only tokens that the provider vouches for get here: nobody else can fill it. */
export class FirstSights {
  #young = new Map<TokenDigest, number>();
  #old = new Map<TokenDigest, number>();

  /** In milliseconds since the epoch: now, where it was not seen before. A token that is still sent stays known. */
  of(digest: TokenDigest, nowMs: number): number {
    const known = this.#young.get(digest);
    if (known !== undefined) return known;
    const sinceMs = this.#old.get(digest) ?? nowMs;
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(digest, sinceMs);
    return sinceMs;
  }
}
