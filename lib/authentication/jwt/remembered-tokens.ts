/** Has this very token been verified already? A bounded memory, by digest, so that no token is ever kept. */

import { hash } from 'node:crypto';
import type { Principal } from '../../core/principal.js';
import { untimely, type VerifiedClaims } from './access-claims.js';

/** What a token is remembered by. */
export type TokenDigest = string & { readonly digest: unique symbol };

export function digestOf(token: string): TokenDigest {
  return hash('sha256', token, 'base64') as TokenDigest;
}

/**
 * The least recently used go first, roughly: there is a young and an old generation, a hit in the old one moves to the
 * young one, and when the young one is full the old one is dropped whole. No hit in the young one writes anything.
 */
export class RememberedTokens {
  #young = new Map<TokenDigest, VerifiedClaims>();
  #old = new Map<TokenDigest, VerifiedClaims>();
  readonly #generationSize: number;

  /** @param size The most tokens that are ever remembered. 0 remembers none. */
  constructor(size: number) {
    this.#generationSize = Math.floor(size / 2);
  }

  /** The caller, where the token was verified before and is still good by the clock. */
  recall(digest: TokenDigest, nowMs: number): Principal | undefined {
    let entry = this.#young.get(digest);
    if (entry === undefined) {
      entry = this.#old.get(digest);
      if (entry === undefined) return undefined;
      this.#old.delete(digest);
      this.remember(digest, entry);
    }
    if (untimely(entry.validity, nowMs) !== undefined) return undefined;
    return entry.isProven?.(nowMs) === false ? undefined : entry.principal;
  }

  remember(digest: TokenDigest, entry: VerifiedClaims): void {
    if (this.#generationSize === 0) return;
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(digest, entry);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
