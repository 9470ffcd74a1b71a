/** Signs a request, in either profile, so that the other side can tell who sent it and that nothing was changed. */

import { KeyObject, randomBytes } from 'node:crypto';
import { parseDictionary, parseItem, serializeInnerList, type InnerList, type Item } from 'structured-headers';
import { checkKeys, checkOneOf, checkText, optionError } from '../../core/checks.js';
import { systemClock } from '../../core/clock.js';
import { importPrivateKey, importSecret, type PrivateKeyInput, type SecretInput } from '../jwt/key-import.js';
import type { TokenKey } from '../jwt/token-key.js';
import { contentDigest } from './content-digest.js';
import { formatHmacHeader, HMAC_HEADER, hmacBase } from './hmac-profile.js';
import { signBytes, type RequestAlgorithm } from './request-algorithm.js';
import { signatureBase } from './signature-base.js';
import { algorithmFor } from './signature-keys.js';
import { SIGNATURE_PROFILES, type SignatureProfile } from './signature-verifier.js';
import { pairsOf, readMessage, type SignableRequest, type SignedMessage } from './signed-message.js';

export interface SignRequestOptions {
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
  /** Unix time, in seconds. Default: now. */
  readonly created?: number;
  /** Unix time, in seconds. RFC 9421 only. Default none. */
  readonly expires?: number;
  /** Makes the message one of a kind. Default: 16 random bytes. */
  readonly nonce?: string;
  /** Which use the signature is for. RFC 9421 only. Default none. */
  readonly tag?: string;
}

const KEYS = ['key', 'keyId', 'alg', 'profile', 'components', 'created', 'expires', 'nonce', 'tag'];
const LATEST_S = 99_999_999_999;

/**
 * The headers to send: those that were given, and the signature. `Content-Digest` is added where RFC 9421 covers it.
 *
 * @throws TypeError naming option and fix; SecurityError when a component to be covered is not there.
 * @example
 * const headers = signRequest({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body }, { key, keyId });
 */
export function signRequest(request: SignableRequest, options: SignRequestOptions): Record<string, string> {
  checkKeys('signRequest', options, KEYS);
  return signWith(importSigning('signRequest', options), request, options);
}

/** A key that is ready to sign with. */
export interface Signing {
  readonly profile: SignatureProfile;
  readonly key: TokenKey;
  readonly keyId: string;
  readonly alg: RequestAlgorithm;
}

/** @throws TypeError naming the option, for a key that does not go with the rest. */
export function importSigning(option: string, options: SignRequestOptions): Signing {
  const profile = checkOneOf(`${option}.profile`, options.profile ?? 'rfc9421', SIGNATURE_PROFILES);
  const keyId = checkText(`${option}.keyId`, options.keyId);
  const key = importKey(option, options);
  const alg = algorithmFor(option, key, options.alg);
  if (profile === 'hmac' && alg !== 'hmac-sha256') {
    throw optionError(`${option}.alg`, alg, 'is not for the HMAC profile', 'Give a shared secret.');
  }
  return { profile, key, keyId, alg };
}

/** Signs with a key that was taken in before. */
export function signWith(
  { profile, key, keyId, alg }: Signing,
  request: SignableRequest,
  options: Pick<SignRequestOptions, 'components' | 'created' | 'expires' | 'nonce' | 'tag'>,
): Record<string, string> {
  const created = checkTime('created', options.created ?? Math.floor(systemClock.now() / 1000));
  const nonce = checkText('signRequest.nonce', options.nonce ?? randomBytes(16).toString('base64url'));
  const message = readMessage(request);
  const headers = recordOf(request);
  if (profile === 'hmac') {
    const signature = signBytes(alg, key.keyObject, hmacBase(message, created, nonce));
    return { ...headers, [HMAC_HEADER]: formatHmacHeader({ time: created, nonce, keyId, signature }) };
  }
  const expires = options.expires === undefined ? undefined : checkTime('expires', options.expires);
  const components = options.components ?? defaultComponents(message);
  const parameters = Object.entries({ created, expires, nonce, alg, keyid: keyId, tag: options.tag });
  const input: InnerList = [
    components.map(componentOf),
    new Map(parameters.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))),
  ];
  const fields = new Map(message.fields);
  if (components.includes('content-digest') && !fields.has('content-digest')) {
    const digest = contentDigest(message.body);
    fields.set('content-digest', [digest]);
    headers['Content-Digest'] = digest;
  }
  const base = signatureBase(input, { message: { ...message, fields } });
  const signature = signBytes(alg, key.keyObject, Buffer.from(base, 'latin1')).toString('base64');
  const label = freeLabel(message);
  const described = withAdded(headers, 'Signature-Input', `${label}=${serializeInnerList(input)}`);
  return withAdded(described, 'Signature', `${label}=:${signature}:`);
}

function importKey(option: string, { key, alg }: SignRequestOptions): TokenKey {
  const isPrivate =
    (key instanceof KeyObject && key.type !== 'secret') ||
    (typeof key === 'string' && key.includes('-----BEGIN ')) ||
    (typeof key === 'object' && key !== null && 'kty' in key);
  if (isPrivate) return importPrivateKey(`${option}.key`, key);
  if (alg !== undefined && alg !== 'hmac-sha256') {
    throw optionError(`${option}.alg`, alg, 'does not go with a shared secret', 'Give the private key.');
  }
  return importSecret(`${option}.key`, key);
}

function checkTime(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= LATEST_S) return value;
  throw optionError(`signRequest.${name}`, value, 'is no Unix time in seconds', 'Use Math.floor(milliseconds / 1000).');
}

function defaultComponents({ body }: SignedMessage): readonly string[] {
  return ['@method', '@target-uri', ...(body.length > 0 ? ['content-digest'] : [])];
}

/** `@method`, or with parameters as RFC 9421 writes it: `"@query-param";name="id"`. */
function componentOf(text: string): Item {
  return text.startsWith('"') ? parseItem(text) : [text.toLowerCase(), new Map()];
}

function freeLabel({ fields }: SignedMessage): string {
  const taken = parseDictionary(fields.get('signature-input')?.join(', ') ?? '');
  let number = 1;
  while (taken.has(`sig${number}`)) number++;
  return `sig${number}`;
}

/** With names as they were given; lines of one name in one. */
function recordOf({ headers = {} }: SignableRequest): Record<string, string> {
  const record: Record<string, string> = {};
  for (const [name, value] of pairsOf(headers)) {
    const before = Object.hasOwn(record, name) ? `${record[name]}, ` : '';
    record[name] = before + value.trim();
  }
  return record;
}

function withAdded(headers: Record<string, string>, name: string, member: string): Record<string, string> {
  const given = Object.keys(headers).find((each) => each.toLowerCase() === name.toLowerCase());
  if (given === undefined) return { ...headers, [name]: member };
  return { ...headers, [given]: `${headers[given]}, ${member}` };
}
