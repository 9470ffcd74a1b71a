/** Which keys may a token's signature be checked with? Never those that the token itself would like. */

import { optionError } from '../../core/checks.js';
import { minimumSecretBytes, type SignatureAlgorithm } from './signature-algorithm.js';
import type { TokenKey } from './token-key.js';

interface Usable {
  readonly key: TokenKey;
  /** What the key allows and the allowlist too. */
  readonly algorithms: ReadonlySet<SignatureAlgorithm>;
}

export class KeySet {
  readonly #keys: readonly Usable[];
  readonly #named: boolean;

  /**
   * @param allowed The allowlist. Undefined: one algorithm per kind of key, see `defaultAlgorithmsOf`.
   * @throws TypeError when the allowlist leaves a key with nothing to do, or a secret is too short for an algorithm.
   */
  constructor(option: string, keys: readonly TokenKey[], allowed: readonly SignatureAlgorithm[] | undefined) {
    const list = allowed ?? keys.flatMap(({ defaultAlgorithms }) => defaultAlgorithms);
    this.#keys = keys.map((key) => ({ key, algorithms: usable(option, key, list) }));
    this.#named = keys.some(({ kid }) => kid !== undefined);
  }

  get keys(): readonly TokenKey[] {
    return this.#keys.map(({ key }) => key);
  }

  /** May any key check this algorithm? */
  allows(algorithm: SignatureAlgorithm): boolean {
    return this.#keys.some(({ algorithms }) => algorithms.has(algorithm));
  }

  /** The first algorithm that this key may be used with, if it is in the set. */
  algorithmFor(key: TokenKey): SignatureAlgorithm | undefined {
    const found = this.#keys.find((candidate) => candidate.key === key);
    return found && [...found.algorithms][0];
  }

  /**
   * The keys to try: by name where the token has one and keys have names, else every key that the algorithm fits.
   * Where no key has a name, the token's `kid` is not consulted.
   */
  *candidates(algorithm: SignatureAlgorithm, kid: string | undefined): Iterable<TokenKey> {
    for (const { key, algorithms } of this.#keys) {
      if (this.#named && kid !== undefined && key.kid !== kid) continue;
      if (algorithms.has(algorithm)) yield key;
    }
  }
}

function usable(option: string, key: TokenKey, list: readonly SignatureAlgorithm[]): ReadonlySet<SignatureAlgorithm> {
  const algorithms = list.filter((name) => key.algorithms.includes(name));
  const label = key.kid === undefined ? 'a key' : `the key "${key.kid}"`;
  if (algorithms.length === 0) {
    const fix = `It works with ${key.algorithms.join(', ')}.`;
    throw optionError(`${option}.algorithms`, list.join(', '), `leaves ${label} without use`, fix);
  }
  for (const name of algorithms) {
    const least = minimumSecretBytes(name) ?? 0;
    const { symmetricKeySize = least } = key.keyObject;
    if (symmetricKeySize >= least) continue;
    const fix = `Use a longer secret, or a shorter hash.`;
    throw optionError(
      `${option}.algorithms`,
      name,
      `needs a secret of ${least} bytes; ${label} has ${symmetricKeySize}`,
      fix,
    );
  }
  return new Set(algorithms);
}
