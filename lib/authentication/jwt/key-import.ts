/** Turns what people have (a secret, a PEM, a JWK, a KeyObject) into keys, and refuses those that protect nothing. */

import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { checkKeys } from '../../core/checks.js';
import { weaknessOf } from '../../core/secret-weakness.js';
import { checkJwk, checkKid, keyError } from './jwk-check.js';
import { looksLikeAKey } from './key-lookalike.js';
import { algorithmsOf } from './signature-algorithm.js';
import { TokenKey } from './token-key.js';

/** A shared secret of at least 32 bytes: text (taken as UTF-8), bytes, or a secret KeyObject. */
export type SecretInput = string | Uint8Array | KeyObject;

/** A public key: PEM (SPKI, PKCS#1 or certificate), JWK, or KeyObject. */
export type PublicKeyInput = string | JWK | KeyObject;

/** A private key: PEM (PKCS#8, PKCS#1 or SEC 1, not encrypted), JWK, or KeyObject. */
export type PrivateKeyInput = string | JWK | KeyObject;

/** One key of several: a JWK (symmetric ones too), a PEM, a KeyObject, or either kind with a name. */
export type KeyInput =
  | PublicKeyInput
  | { readonly kid?: string; readonly secret: SecretInput }
  | { readonly kid?: string; readonly publicKey: PublicKeyInput };

const RANDOM_SECRET = 'Make one with `openssl rand -base64 48`.';

/** @throws TypeError naming the option, for a secret that could be guessed or is public. */
export function importSecret(option: string, input: unknown, kid?: string, alg?: string): TokenKey {
  const bytes = secretBytes(option, input);
  // With the public key as the secret, everybody who has it could sign: the RS256/HS256 confusion.
  if (looksLikeAKey(bytes)) throw keyError(option, 'is a key, not a shared secret', 'Give it as `publicKey`.');
  if (bytes.length < 32) {
    throw keyError(option, `has ${bytes.length} bytes; under 32 it could be guessed`, RANDOM_SECRET);
  }
  const weakness = weaknessOf(bytes);
  if (weakness !== undefined) throw keyError(option, weakness, RANDOM_SECRET);
  return new TokenKey(option, createSecretKey(bytes), kid, alg);
}

/** @throws TypeError naming the option, for a key that is not public or is too weak. */
export function importPublicKey(option: string, input: unknown, kid?: string): TokenKey {
  if (input instanceof KeyObject) {
    if (input.type === 'public') return sound(option, input, kid);
    throw keyError(option, `is a ${input.type} key`, 'Give the public key only.');
  }
  if (typeof input === 'string') {
    if (!input.includes('-----BEGIN '))
      throw keyError(option, 'is no PEM', 'It starts with -----BEGIN PUBLIC KEY-----.');
    if (input.includes('PRIVATE KEY-----')) throw keyError(option, 'is a private key', 'Give the public key only.');
    return sound(
      option,
      parse(option, () => createPublicKey(input)),
      kid,
    );
  }
  const jwk = checkJwk(option, input, 'verify');
  if (jwk.kty === 'oct') throw keyError(option, 'is a shared secret, not a public key', 'Give it in `keys`.');
  // Whoever only verifies should not be able to sign, and neither should whoever reads the configuration.
  if ('d' in jwk || 'p' in jwk || 'q' in jwk) throw keyError(option, 'is a private key', 'Give the public part only.');
  const key = parse(option, () => createPublicKey({ key: { ...jwk }, format: 'jwk' }));
  return sound(option, key, kid ?? jwk.kid, jwk.alg);
}

/** @throws TypeError naming the option, for a key that is not private or is too weak. */
export function importPrivateKey(option: string, input: unknown, kid?: string): TokenKey {
  if (input instanceof KeyObject) {
    if (input.type === 'private') return sound(option, input, kid);
    throw keyError(option, `is a ${input.type} key`, 'Give the private key.');
  }
  if (typeof input === 'string')
    return sound(
      option,
      parse(option, () => createPrivateKey(input)),
      kid,
    );
  const jwk = checkJwk(option, input, 'sign');
  const key = parse(option, () => createPrivateKey({ key: { ...jwk }, format: 'jwk' }));
  return sound(option, key, kid ?? jwk.kid, jwk.alg);
}

/** @throws TypeError naming the option, for anything that signatures cannot safely be checked with. */
export function importVerificationKey(option: string, input: unknown): TokenKey {
  if (input instanceof KeyObject && input.type === 'secret') return importSecret(option, input);
  if (typeof input !== 'object' || input === null || input instanceof KeyObject) return importPublicKey(option, input);
  if ('secret' in input) {
    checkKeys(option, input, ['kid', 'secret']);
    return importSecret(`${option}.secret`, input.secret, checkKid(option, 'kid' in input ? input.kid : undefined));
  }
  if ('publicKey' in input) {
    checkKeys(option, input, ['kid', 'publicKey']);
    return importPublicKey(
      `${option}.publicKey`,
      input.publicKey,
      checkKid(option, 'kid' in input ? input.kid : undefined),
    );
  }
  if (!('kty' in input) || input.kty !== 'oct') return importPublicKey(option, input);
  const jwk = checkJwk(option, input, 'verify');
  return importSecret(`${option}.k`, Buffer.from(jwk.k ?? '', 'base64url'), jwk.kid, jwk.alg);
}

function secretBytes(option: string, input: unknown): Uint8Array {
  if (typeof input === 'string') return Buffer.from(input, 'utf8');
  if (input instanceof Uint8Array) return input;
  if (!(input instanceof KeyObject)) {
    throw keyError(option, 'is neither text nor bytes nor a secret KeyObject', RANDOM_SECRET);
  }
  if (input.type === 'secret') return input.export();
  throw keyError(option, `is a ${input.type} key, not a shared secret`, 'Give it as `publicKey` or `privateKey`.');
}

function sound(option: string, key: KeyObject, kid?: string, alg?: string): TokenKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithmsOf(key).length === 0) {
    const kind = details?.namedCurve ?? type ?? 'unknown';
    throw keyError(
      option,
      `is of a kind that signs no tokens here (${kind})`,
      'Use Ed25519, P-256, P-384, P-521 or RSA.',
    );
  }
  if (type === 'rsa') {
    const { modulusLength = 0, publicExponent = 0n } = details ?? {};
    if (modulusLength < 2048) {
      throw keyError(option, `is an RSA key of ${modulusLength} bits`, 'Use 2048 or more (RFC 7518 §3.3).');
    }
    if (!isSoundExponent(publicExponent)) {
      throw keyError(option, `is an RSA key with the exponent ${publicExponent}`, 'Make one with the exponent 65537.');
    }
  }
  return new TokenKey(option, key, kid, alg);
}

/** Nobody needs a larger one, and each bit costs whoever checks. */
const GREATEST_EXPONENT = 2n ** 32n;

/** With exponent 1 a signature is the message itself: everybody can make one. The small legacy ones are in use. */
function isSoundExponent(exponent: bigint): boolean {
  if (exponent > GREATEST_EXPONENT) return false;
  return (exponent > 65_536n && exponent % 2n === 1n) || exponent === 3n || exponent === 17n || exponent === 257n;
}

function parse(option: string, read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch {
    // The cause may quote the key; the option's name is enough to find it.
    throw keyError(option, 'cannot be read as a key', 'Give a PEM, a JWK or a KeyObject.');
  }
}
