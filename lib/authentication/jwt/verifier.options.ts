/** What has to be known to verify an access token? Shared by the module's `jwt` option and createTokenVerifier(). */

import type { JSONWebKeySet } from 'jose';
import { checkBoolean, checkPositive, checkText, checkTextList, nearest, optionError } from '../../core/checks.js';
import type { ClaimsRule } from './access-claims.js';
import { isForSignatures, keyError } from './jwk-check.js';
import {
  importPublicKey,
  importSecret,
  importVerificationKey,
  type KeyInput,
  type PublicKeyInput,
  type SecretInput,
} from './key-import.js';
import { isSignatureAlgorithm, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './signature-algorithm.js';
import { normalType, type TypeRule } from './token-header.js';
import type { TokenKey } from './token-key.js';

/** The keys that signatures are checked with: exactly one of the four. */
export interface KeySource {
  /** One shared secret, at least 32 bytes (48 for HS384, 64 for HS512). Tokens' `kid` is not consulted. */
  readonly secret?: SecretInput;
  /** One public key. Tokens' `kid` is not consulted, unless the key is a JWK that has one. */
  readonly publicKey?: PublicKeyInput;
  /** Several keys, for rotation. Name them, and tokens find theirs by `kid`; unnamed ones are tried where the algorithm fits. */
  readonly keys?: readonly KeyInput[];
  /** A JWK Set of public keys. Keys that are not for signatures are skipped; shared secrets and private keys stop the boot. */
  readonly jwks?: JSONWebKeySet;
}

export interface VerificationOptions extends KeySource {
  /** Who may have issued the token (`iss`). Default: not checked. Required in the token once configured. */
  readonly issuer?: string | readonly string[];
  /** The names that this API goes by (`aud`), any of which must be in the token once configured. Default: not checked. */
  readonly audience?: string | readonly string[];
  /** The signature algorithms that are accepted. Default by key: HS256, RS256, the curve's own, or EdDSA. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** Accepted `typ` headers. Default `['JWT', 'at+jwt']`; case and `application/` do not matter. */
  readonly typ?: string | readonly string[];
  /** Accept tokens without a `typ` header. Default false: then an ID or refresh token is harder to tell apart. */
  readonly allowMissingTyp?: boolean;
  /** Seconds by which the issuer's clock may differ. Default 5, at most 300. */
  readonly clockTolerance?: number;
  /** Refuse tokens issued longer ago than this, in seconds, whatever their `exp`. Default: no limit. */
  readonly maxTokenAge?: number;
}

export const KEY_SOURCES = ['secret', 'publicKey', 'keys', 'jwks'] as const;

export const VERIFICATION_KEYS = [
  ...KEY_SOURCES,
  'issuer',
  'audience',
  'algorithms',
  'typ',
  'allowMissingTyp',
  'clockTolerance',
  'maxTokenAge',
] as const;

/** Everything but the keys, completed and checked. */
export interface VerificationRules {
  readonly algorithms: readonly SignatureAlgorithm[] | undefined;
  readonly type: TypeRule;
  readonly claims: ClaimsRule;
}

/** @throws TypeError naming option, value and fix. */
export function resolveRules(option: string, options: VerificationOptions): VerificationRules {
  const { algorithms, clockTolerance = 5, maxTokenAge, typ = ['JWT', 'at+jwt'], allowMissingTyp = false } = options;
  const types = textOrList(`${option}.typ`, typ) ?? [];
  return Object.freeze({
    algorithms: algorithms === undefined ? undefined : checkAlgorithms(`${option}.algorithms`, algorithms),
    type: {
      typ: new Set(types.map(normalType)),
      allowMissingTyp: checkBoolean(`${option}.allowMissingTyp`, allowMissingTyp),
    },
    claims: Object.freeze({
      issuer: textOrList(`${option}.issuer`, options.issuer),
      audience: textOrList(`${option}.audience`, options.audience),
      clockTolerance: checkTolerance(`${option}.clockTolerance`, clockTolerance),
      maxTokenAge:
        maxTokenAge === undefined ? undefined : checkPositive(`${option}.maxTokenAge`, maxTokenAge, 'Use seconds.'),
    }),
  });
}

/** The keys of the one source that is given; none where no source is. @throws TypeError for two sources or a bad key. */
export function importKeys(option: string, source: KeySource): readonly TokenKey[] {
  const given = KEY_SOURCES.filter((name) => source[name] !== undefined);
  if (given.length > 1) {
    throw new TypeError(`${option}: \`${given.join('` and `')}\` exclude each other. Give several keys in \`keys\`.`);
  }
  switch (given[0]) {
    case undefined:
      return [];
    case 'secret':
      return [importSecret(`${option}.secret`, source.secret)];
    case 'publicKey':
      return [importPublicKey(`${option}.publicKey`, source.publicKey)];
    case 'keys':
      return listOfKeys(`${option}.keys`, source.keys).map((key, index) =>
        importVerificationKey(`${option}.keys[${index}]`, key),
      );
    case 'jwks':
      return importJwks(`${option}.jwks`, source.jwks);
    default:
      return given[0] satisfies never;
  }
}

function importJwks(option: string, jwks: unknown): readonly TokenKey[] {
  const all = listOfKeys(
    `${option}.keys`,
    typeof jwks === 'object' && jwks !== null && 'keys' in jwks ? jwks.keys : jwks,
  );
  const keys = all.flatMap((jwk, index) =>
    isForSignatures(jwk) ? [importPublicKey(`${option}.keys[${index}]`, jwk)] : [],
  );
  if (keys.length === 0)
    throw keyError(option, 'holds no key for signatures', 'Give the set that the issuer publishes.');
  return keys;
}

function listOfKeys(option: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw keyError(option, 'is not a non-empty list', 'Give at least one key.');
}

function checkAlgorithms(option: string, value: unknown): readonly SignatureAlgorithm[] {
  const names = checkTextList(option, value, 'Use e.g. ["EdDSA"].');
  return Object.freeze(
    names.map((name) => {
      if (isSignatureAlgorithm(name)) return name;
      const near = name.toLowerCase() === 'none' ? undefined : nearest(name, SIGNATURE_ALGORITHMS);
      throw optionError(
        option,
        name,
        'is not a signature algorithm',
        near ? `Did you mean "${near}"?` : 'Use e.g. ["EdDSA"].',
      );
    }),
  );
}

function checkTolerance(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 300) return value;
  throw optionError(option, value, 'is not a number from 0 to 300', 'It is in seconds, not milliseconds.');
}

function textOrList(option: string, value: string | readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? Object.freeze([checkText(option, value)]) : checkTextList(option, value);
}
