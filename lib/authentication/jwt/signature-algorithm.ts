/** Which signature algorithms exist, and which of them can a key be used with? */

import type { KeyObject } from 'node:crypto';

/** The algorithms of RFC 7518 §3.1, RFC 8037 §3.1 and RFC 9864 §2.2 that this library signs and verifies with. Never `none`. */
export const SIGNATURE_ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

const HMAC = ['HS256', 'HS384', 'HS512'] as const satisfies readonly SignatureAlgorithm[];
const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const satisfies readonly SignatureAlgorithm[];
const EDWARDS = ['EdDSA', 'Ed25519'] as const satisfies readonly SignatureAlgorithm[];

/** An ECDSA algorithm goes with one curve only (RFC 7518 §3.4). By the names that Node gives the curves. */
const BY_CURVE: Readonly<Record<string, readonly SignatureAlgorithm[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
};

export function isSignatureAlgorithm(name: unknown): name is SignatureAlgorithm {
  return (SIGNATURE_ALGORITHMS as readonly unknown[]).includes(name);
}

/** The algorithms that a key's own type and curve allow: a public key can never check an HMAC. */
export function algorithmsOf(key: KeyObject): readonly SignatureAlgorithm[] {
  if (key.type === 'secret') return HMAC;
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return RSA;
    case 'ec':
      return BY_CURVE[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? [];
    case 'ed25519':
      return EDWARDS;
    default:
      return [];
  }
}

/** What is allowed when nobody says: one algorithm, so that a token cannot choose. */
export function defaultAlgorithmsOf(key: KeyObject): readonly SignatureAlgorithm[] {
  const fitting = algorithmsOf(key);
  return fitting === EDWARDS ? fitting : fitting.slice(0, 1);
}

/** RFC 7518 §3.2: an HMAC secret has at least as many bytes as the hash. Undefined for other algorithms. */
export function minimumSecretBytes(algorithm: SignatureAlgorithm): number | undefined {
  return algorithm.startsWith('HS') ? Number(algorithm.slice(2)) / 8 : undefined;
}
