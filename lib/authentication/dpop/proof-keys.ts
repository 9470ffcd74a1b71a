/** Was this proof key imported already? A bounded memory, by thumbprint. */

import { TwoGenerations } from '../../core/two-generations.js';
import type { TokenKey } from '../jwt/token-key.js';
import type { KnownProofKeys } from './dpop-proof.js';
import { importProofKey, type ProofHeader } from './proof-header.js';

/** Keys of one generation. */
const GENERATION = 2_000;

/** Only keys that a verified token is bound to get here: nobody else can fill it. */
export class RememberedProofKeys implements KnownProofKeys {
  readonly #keys = new TwoGenerations<string, TokenKey>(GENERATION);

  of(thumbprint: string, header: ProofHeader): TokenKey {
    const name = `${thumbprint} ${header.alg}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = importProofKey(header);
    this.#keys.set(name, key);
    return key;
  }
}
