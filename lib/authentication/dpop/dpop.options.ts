/** How are tokens that are bound to a key proven (RFC 9449)? The `jwt.dpop` option of the module. */

import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { checkKeys, checkOneOf, checkPositive, checkText, checkTextList, optionError } from '../../core/checks.js';
import { importSecret, type SecretInput } from '../jwt/key-import.js';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../jwt/signature-algorithm.js';
import { declaredOrigin, type DeclaredOrigin } from './target-uri.js';

/** `off`: bound tokens are refused. `allowed`: each token as it is bound. `required`: bound tokens only. */
export type DpopMode = 'off' | 'allowed' | 'required';

const MODES: readonly DpopMode[] = ['off', 'allowed', 'required'];

/** What a proof may be signed with: a shared secret proves nothing (RFC 9449 §4.2). */
export type DpopAlgorithm = Exclude<SignatureAlgorithm, `HS${string}`>;

export interface DpopOptions {
  /**
   * `allowed`: a token that is bound to a key (`cnf.jkt`) needs a proof by that key, others are bearer tokens. `required`: only
   * bound ones are taken. `off`: bound ones are refused, as nobody would check who sends them. Default `allowed` where `dpop`
   * is given, else `off`.
   */
  readonly mode?: DpopMode;
  /**
   * Where clients see this app, as `htu` of their proofs says: `https://api.example.com`, with a path where a proxy takes one
   * away. Several are all good. Default: the origin of `jwt.resource.identifier`; without one the `Host` of each request, which
   * in production stops the boot, because whoever replays a proof writes that too.
   */
  readonly origin?: string | readonly string[];
  /** How long ago a proof may have been made (`iat`), in seconds; `jwt.clockTolerance` is added. Default 60, at most 300. */
  readonly proofMaxAge?: number;
  /** What proofs may be signed with. Default ES256, ES384, ES512, EdDSA, Ed25519, PS256 and RS256. */
  readonly algorithms?: readonly DpopAlgorithm[];
  /** Proofs have to carry a nonce of ours, so that none can be made in advance (RFC 9449 §9). True, or how. Default false. */
  readonly nonce?: boolean | DpopNonceOptions;
}

export interface DpopNonceOptions {
  /**
   * What nonces are made with, at least 32 bytes. Of several the first one makes them and all are good, for rotation. Default:
   * made up for this process; several processes need one and the same.
   */
  readonly secret?: SecretInput | readonly SecretInput[];
  /** How long a nonce is handed out, in seconds; it is good for as long again. Default 300, from 10 to 3600. */
  readonly lifetime?: number;
}

export interface DpopNonceSettings {
  readonly secrets: readonly KeyObject[];
  readonly lifetimeMs: number;
  /** Made up for this process, because nobody gave one. */
  readonly ephemeral: boolean;
}

export interface DpopSettings {
  readonly mode: DpopMode;
  /** Undefined: as the `Host` of each request says. */
  readonly origins: readonly DeclaredOrigin[] | undefined;
  readonly proofMaxAgeMs: number;
  readonly algorithms: readonly DpopAlgorithm[];
  readonly nonce: DpopNonceSettings | undefined;
}

/** What else of the options decides. */
export interface DpopSurroundings {
  readonly resourceIdentifier: string | undefined;
  readonly production: boolean;
}

const DEFAULT_ALGORITHMS: readonly DpopAlgorithm[] = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'RS256'];
export const DPOP_ALGORITHMS = SIGNATURE_ALGORITHMS.filter(
  (name) => !name.startsWith('HS'),
) as readonly DpopAlgorithm[];

const LONGEST_AGE_S = 300;

/** @throws TypeError naming option, value and fix. */
export function resolveDpop(
  option: string,
  options: DpopOptions | undefined,
  surroundings: DpopSurroundings,
): DpopSettings {
  checkKeys(option, options ?? {}, ['mode', 'origin', 'proofMaxAge', 'algorithms', 'nonce']);
  const { proofMaxAge = 60, algorithms, nonce = false } = options ?? {};
  const mode = checkOneOf(`${option}.mode`, options?.mode ?? (options === undefined ? 'off' : 'allowed'), MODES);
  if (checkPositive(`${option}.proofMaxAge`, proofMaxAge, 'Use seconds, e.g. 60.') > LONGEST_AGE_S) {
    throw optionError(`${option}.proofMaxAge`, proofMaxAge, 'is over five minutes', 'Use seconds, e.g. 60.');
  }
  return Object.freeze({
    mode,
    origins: resolveOrigins(`${option}.origin`, options?.origin, mode, surroundings),
    proofMaxAgeMs: proofMaxAge * 1000,
    algorithms: checkDpopAlgorithms(`${option}.algorithms`, algorithms),
    nonce: resolveNonce(`${option}.nonce`, nonce),
  });
}

/** @throws TypeError for a name that is no algorithm, or one of a shared secret. */
export function checkDpopAlgorithms(option: string, value: unknown): readonly DpopAlgorithm[] {
  if (value === undefined) return DEFAULT_ALGORITHMS;
  const names = checkTextList(option, value, 'Use e.g. ["ES256"].');
  return Object.freeze(names.map((name) => checkOneOf(option, name, DPOP_ALGORITHMS)));
}

function resolveOrigins(
  option: string,
  given: DpopOptions['origin'],
  mode: DpopMode,
  { resourceIdentifier, production }: DpopSurroundings,
): readonly DeclaredOrigin[] | undefined {
  if (given !== undefined) {
    const list = typeof given === 'string' ? [checkText(option, given)] : checkTextList(option, given);
    return Object.freeze(list.map((each) => declaredOrigin(option, each)));
  }
  if (resourceIdentifier !== undefined) return [declaredOrigin(option, new URL(resourceIdentifier).origin)];
  if (!production || mode === 'off') return undefined;
  throw new TypeError(
    `${option}: proofs name the URL that they are for, and nobody says where clients see this app. ` +
      "Use e.g. 'https://api.example.com'.",
  );
}

function resolveNonce(option: string, given: boolean | DpopNonceOptions): DpopNonceSettings | undefined {
  if (given === false) return undefined;
  const options = given === true ? {} : given;
  checkKeys(option, options ?? null, ['secret', 'lifetime']);
  const { secret, lifetime = 300 } = options;
  if (typeof lifetime !== 'number' || !(lifetime >= 10 && lifetime <= 3600)) {
    throw optionError(`${option}.lifetime`, lifetime, 'is not a number from 10 to 3600', 'It is in seconds.');
  }
  const inputs = secret === undefined ? [] : Array.isArray(secret) ? (secret as readonly SecretInput[]) : [secret];
  if (secret !== undefined && inputs.length === 0) {
    throw optionError(`${option}.secret`, secret, 'holds no secret', 'Give at least one, or leave it out.');
  }
  const secrets = inputs.map((each) => importSecret(`${option}.secret`, each).keyObject);
  const ephemeral = secrets.length === 0;
  return Object.freeze({
    secrets: Object.freeze(ephemeral ? [createSecretKey(randomBytes(32))] : secrets),
    lifetimeMs: lifetime * 1000,
    ephemeral,
  });
}
