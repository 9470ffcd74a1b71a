/** When was this token first seen here, and is it seen for the first time? The age of tokens that do not say when they were made. */

import { TwoGenerations } from '../../core/two-generations.js';
import type { TokenDigest } from '../jwt/remembered-tokens.js';

/** Tokens of one generation. */
const GENERATION = 50_000;

/** Only tokens that the provider vouches for get here: nobody else can fill it. */
export class FirstSights {
  readonly #seen = new TwoGenerations<TokenDigest, number>(GENERATION);

  /** In milliseconds since the epoch: now, where it was not seen before. A token that is still sent stays known. */
  of(digest: TokenDigest, nowMs: number): number {
    const known = this.#seen.touch(digest);
    if (known === undefined) this.#seen.set(digest, nowMs);
    return known ?? nowMs;
  }

  has(digest: TokenDigest): boolean {
    return this.#seen.get(digest) !== undefined;
  }
}
