/** Does a JSON Web Key say that it may be used for this? What it says of itself is binding (RFC 7517 §4). */

import type { JWK } from 'jose';
import { optionError } from '../../core/checks.js';
import { isStrictBase64url } from './compact-jws.js';
import { isSignatureAlgorithm, SIGNATURE_ALGORITHMS } from './signature-algorithm.js';

/** @throws TypeError naming the member that forbids it. */
export function checkJwk(option: string, input: unknown, operation: 'verify' | 'sign'): JWK & { kty: string } {
  if (!isJwk(input)) throw keyError(option, 'is not a key', 'Give a PEM, a JWK or a KeyObject.');
  checkKid(option, input.kid);
  if (input.use !== undefined && input.use !== 'sig') {
    throw optionError(`${option}.use`, input.use, 'is not for signatures', 'Give a key made for "sig".');
  }
  if (input.key_ops !== undefined && !(Array.isArray(input.key_ops) && input.key_ops.includes(operation))) {
    throw optionError(`${option}.key_ops`, input.key_ops, `does not include "${operation}"`, 'Give a key made for it.');
  }
  if (input.alg !== undefined && !isSignatureAlgorithm(input.alg)) {
    const known = SIGNATURE_ALGORITHMS.join(', ');
    throw optionError(`${option}.alg`, input.alg, 'is not a signature algorithm', `Known: ${known}.`);
  }
  for (const member of ['n', 'e', 'x', 'y', 'k'] as const) {
    if (input[member] !== undefined && !isStrictBase64url(input[member])) {
      throw keyError(`${option}.${member}`, 'is not base64url', 'Copy the key as it was published.');
    }
  }
  return input;
}

/** Is this key of a JWK Set meant for checking signatures, and of a kind we know? RFC 7517 §5: others are skipped. */
export function isForSignatures(input: unknown): boolean {
  if (!isJwk(input)) return false;
  if (input.use !== undefined && input.use !== 'sig') return false;
  if (Array.isArray(input.key_ops) && !input.key_ops.includes('verify')) return false;
  if (input.alg !== undefined && !isSignatureAlgorithm(input.alg)) return false;
  return ['RSA', 'EC', 'OKP', 'oct'].includes(input.kty);
}

export function checkKid(option: string, kid: unknown): string | undefined {
  if (kid === undefined || (typeof kid === 'string' && kid !== '')) return kid;
  throw optionError(
    `${option}.kid`,
    kid,
    'is not a non-empty string',
    'Name the key as its tokens do, or leave it out.',
  );
}

/** Like optionError, without the value: it is a secret, or may be one. */
export function keyError(option: string, problem: string, fix: string): TypeError {
  return new TypeError(`${option}: the value ${problem}. ${fix}`);
}

function isJwk(input: unknown): input is JWK & { kty: string } {
  return typeof input === 'object' && input !== null && 'kty' in input && typeof input.kty === 'string';
}
