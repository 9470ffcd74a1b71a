/** What does somebody sign with whose key nobody here knows? */

import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from '../../../authentication/jwt/signature-algorithm.js';

/** A private key that fits the algorithm. Not for shared secrets: see `strangerSecret()`. */
export function strangerKey(algorithm: SignatureAlgorithm): KeyObject {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    case 'ES512':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey;
    case 'EdDSA':
    case 'Ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    default:
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  }
}

/** Long enough for every HMAC, and the same for the same seed. */
export function strangerSecret(seed: number): Buffer {
  return createHash('sha512').update(`a stranger's secret ${seed}`).digest();
}
