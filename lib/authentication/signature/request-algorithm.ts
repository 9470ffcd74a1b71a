/** How is a message signed and checked? One algorithm per key, never chosen by the message (RFC 9421 §3.3, §7.3.6). */

import { constants, createHmac, sign, verify, type KeyObject } from 'node:crypto';
import { equalSecrets } from '../../core/secrets.js';
import type { SignatureAlgorithm } from '../jwt/signature-algorithm.js';

/** By their names in the HTTP Signature Algorithms registry. */
export const REQUEST_ALGORITHMS = [
  'hmac-sha256',
  'ed25519',
  'ecdsa-p256-sha256',
  'rsa-pss-sha512',
  'rsa-v1_5-sha256',
] as const;

export type RequestAlgorithm = (typeof REQUEST_ALGORITHMS)[number];

/** The names that the same algorithms have for tokens: what a key may do there, it may do here. */
export const TOKEN_ALGORITHMS: Readonly<Record<RequestAlgorithm, readonly SignatureAlgorithm[]>> = {
  'hmac-sha256': ['HS256'],
  ed25519: ['Ed25519', 'EdDSA'],
  'ecdsa-p256-sha256': ['ES256'],
  'rsa-pss-sha512': ['PS512'],
  'rsa-v1_5-sha256': ['RS256'],
};

export function signBytes(alg: RequestAlgorithm, key: KeyObject, data: Uint8Array): Buffer {
  if (alg === 'hmac-sha256') return createHmac('sha256', key).update(data).digest();
  return sign(DIGESTS[alg], data, withPadding(alg, key));
}

export function verifyBytes(alg: RequestAlgorithm, key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  if (alg === 'hmac-sha256') return equalSecrets(signBytes(alg, key, data), signature);
  return verify(DIGESTS[alg], data, withPadding(alg, key), signature);
}

const DIGESTS = {
  ed25519: null,
  'ecdsa-p256-sha256': 'sha256',
  'rsa-pss-sha512': 'sha512',
  'rsa-v1_5-sha256': 'sha256',
} as const;

function withPadding(alg: keyof typeof DIGESTS, key: KeyObject) {
  switch (alg) {
    case 'ed25519':
      return { key };
    case 'ecdsa-p256-sha256':
      // RFC 9421 §3.3.4: r and s side by side, not as DER.
      return { key, dsaEncoding: 'ieee-p1363' } as const;
    case 'rsa-pss-sha512':
      // RFC 9421 §3.3.1: a salt of 64 bytes, and no other.
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
    case 'rsa-v1_5-sha256':
      return { key, padding: constants.RSA_PKCS1_PADDING };
    default:
      return alg satisfies never;
  }
}
