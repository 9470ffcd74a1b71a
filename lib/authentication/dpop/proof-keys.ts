/** Was this proof key imported already? A bounded memory, by thumbprint. */

import type { TokenKey } from '../jwt/token-key.js';
import type { KnownProofKeys } from './dpop-proof.js';
import { importProofKey, type ProofHeader } from './proof-header.js';

/** In two generations: when the young one is full the old one is dropped whole. */
const GENERATION = 2_000;

/** Only keys that a verified token is bound to get here: nobody else can fill it. */
export class RememberedProofKeys implements KnownProofKeys {
  #young = new Map<string, TokenKey>();
  #old = new Map<string, TokenKey>();

  of(thumbprint: string, header: ProofHeader): TokenKey {
    const name = `${thumbprint} ${header.alg}`;
    const known = this.#young.get(name) ?? this.#old.get(name);
    if (known !== undefined) return known;
    const key = importProofKey(header);
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, key);
    return key;
  }
}
