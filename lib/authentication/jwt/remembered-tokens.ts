/** Has this very token been verified already? A bounded memory, by digest, so that no token is ever kept. */

import { hash } from 'node:crypto';
import type { Principal } from '../../core/principal.js';
import { TwoGenerations } from '../../core/two-generations.js';
import { untimely, type VerifiedClaims } from './access-claims.js';

/** What a token is remembered by. */
export type TokenDigest = string & { readonly digest: unique symbol };

export function digestOf(token: string): TokenDigest {
  return hash('sha256', token, 'base64') as TokenDigest;
}

/** The least recently used go first, roughly. */
export class RememberedTokens {
  readonly #tokens: TwoGenerations<TokenDigest, VerifiedClaims>;

  /** @param size The most tokens that are ever remembered. 0 remembers none. */
  constructor(size: number) {
    this.#tokens = new TwoGenerations(Math.floor(size / 2));
  }

  /** The caller, where the token was verified before and is still good by the clock. */
  recall(digest: TokenDigest, nowMs: number): Principal | undefined {
    const entry = this.#tokens.touch(digest);
    if (entry === undefined || untimely(entry.validity, nowMs) !== undefined) return undefined;
    return entry.isProven?.(nowMs) === false ? undefined : entry.principal;
  }

  remember(digest: TokenDigest, entry: VerifiedClaims): void {
    this.#tokens.set(digest, entry);
  }

  clear(): void {
    this.#tokens.clear();
  }

  get size(): number {
    return this.#tokens.size;
  }
}
