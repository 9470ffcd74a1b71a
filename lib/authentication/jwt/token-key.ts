/** A key that knows which algorithms it may be used with, whatever a token says. */

import { webcrypto, type KeyObject } from 'node:crypto';
import { importJWK, type CryptoKey, type JWK } from 'jose';
import { optionError } from '../../core/checks.js';
import { algorithmsOf, defaultAlgorithmsOf, type SignatureAlgorithm } from './signature-algorithm.js';

export class TokenKey {
  /** What the key's type, curve and own `alg` allow. */
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly #imported = new Map<SignatureAlgorithm, Promise<CryptoKey>>();

  /**
   * @param alg The key's own algorithm, where it names one (RFC 7517 §4.4): it then works with no other.
   * @throws TypeError when the key's own algorithm does not fit its type.
   */
  constructor(
    option: string,
    readonly keyObject: KeyObject,
    readonly kid?: string,
    private readonly alg?: string,
  ) {
    const fitting = algorithmsOf(keyObject);
    this.algorithms = alg === undefined ? fitting : fitting.filter((name) => name === alg);
    if (this.algorithms.length === 0) {
      throw optionError(`${option}.alg`, alg, 'does not fit this key', `Use ${fitting.join(' or ')}.`);
    }
  }

  /** What the key is used with when nobody lists algorithms. */
  get defaultAlgorithms(): readonly SignatureAlgorithm[] {
    return this.alg === undefined ? defaultAlgorithmsOf(this.keyObject) : this.algorithms;
  }

  /** The key in the form that jose takes without converting anything. Made once per algorithm. */
  cryptoKey(algorithm: SignatureAlgorithm): Promise<CryptoKey> {
    let imported = this.#imported.get(algorithm);
    if (imported === undefined) {
      imported = toCryptoKey(this.keyObject, algorithm);
      this.#imported.set(algorithm, imported);
    }
    return imported;
  }
}

async function toCryptoKey(key: KeyObject, algorithm: SignatureAlgorithm): Promise<CryptoKey> {
  if (key.type === 'secret') {
    const hmac = { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` };
    return webcrypto.subtle.importKey('raw', key.export(), hmac, false, ['sign', 'verify']);
  }
  return (await importJWK(key.export({ format: 'jwk' }) as JWK, algorithm)) as CryptoKey;
}
