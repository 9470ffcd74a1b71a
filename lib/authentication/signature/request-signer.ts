/** Signs requests with one key. What does not depend on the request is checked and imported once. */

import { KeyObject } from 'node:crypto';
import { checkOneOf, checkText, optionError } from '../../core/checks.js';
import { importPrivateKey, importSecret, type PrivateKeyInput, type SecretInput } from '../jwt/key-import.js';
import type { TokenKey } from '../jwt/token-key.js';
import { hmacSigner, refuseForHmac } from './hmac.signer.js';
import type { RequestAlgorithm } from './request-algorithm.js';
import { standardSigner } from './rfc9421.signer.js';
import { algorithmFor } from './signature-keys.js';
import { SIGNATURE_PROFILES, type SignatureProfile } from './signature-profile.js';
import type { SignableRequest } from './signed-message.js';
import type { SigningMoment } from './signing-moment.js';

export interface RequestSignerOptions {
  /** A shared secret (text is taken as UTF-8), or a private key: PEM, JWK or KeyObject. */
  readonly key: SecretInput | PrivateKeyInput;
  /** How the other side calls the key. */
  readonly keyId: string;
  /** Default by the key's kind: `hmac-sha256`, `ed25519`, `ecdsa-p256-sha256` or `rsa-pss-sha512`. */
  readonly alg?: RequestAlgorithm;
  /** `rfc9421` (default), or `hmac` for the `X-Signature` header. */
  readonly profile?: SignatureProfile;
  /** What RFC 9421 covers. Default `@method`, `@target-uri`, and `content-digest` where there is a body. */
  readonly components?: readonly string[];
  /** Which use the signature is for. RFC 9421 only. Default none. */
  readonly tag?: string;
}

export const SIGNER_OPTIONS: readonly string[] = ['key', 'keyId', 'alg', 'profile', 'components', 'tag'];

/** @returns the headers to send. @throws TypeError naming option and fix. */
export type RequestSigner = (request: SignableRequest, moment: SigningMoment) => Record<string, string>;

export interface SigningKey {
  readonly keyId: string;
  readonly alg: RequestAlgorithm;
  readonly keyObject: KeyObject;
}

/** @throws TypeError naming option and fix, never a key. */
export function requestSigner(where: string, options: RequestSignerOptions): RequestSigner {
  const profile = checkOneOf(`${where}.profile`, options.profile ?? 'rfc9421', SIGNATURE_PROFILES);
  const keyId = checkText(`${where}.keyId`, options.keyId);
  const imported = importKey(where, options);
  const key = { keyId, alg: algorithmFor(where, imported, options.alg), keyObject: imported.keyObject };
  const { components, tag } = options;
  if (profile === 'rfc9421') return standardSigner(where, key, { components, tag });
  refuseForHmac(where, { components, tag });
  return hmacSigner(where, key);
}

function importKey(where: string, { key, alg }: RequestSignerOptions): TokenKey {
  const isPrivate =
    (key instanceof KeyObject && key.type !== 'secret') ||
    (typeof key === 'string' && key.includes('-----BEGIN ')) ||
    (typeof key === 'object' && key !== null && 'kty' in key);
  if (isPrivate) return importPrivateKey(`${where}.key`, key);
  if (alg !== undefined && alg !== 'hmac-sha256') {
    throw optionError(`${where}.alg`, alg, 'does not go with a shared secret', 'Give the private key.');
  }
  return importSecret(`${where}.key`, key);
}
