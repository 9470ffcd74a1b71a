/** Whose signed requests are good, and for how long? The `signatures` option of the module. */

import { checkKeys, checkPositive, checkText, optionError } from '../../core/checks.js';
import type { SpentStore } from '../../core/spent.store.js';
import { checkRequired, DEFAULT_REQUIRED } from './signature-coverage.js';
import { importSignatureKeys, type SignatureKeyInput } from './signature-keys.js';
import type { SignaturePolicy, SignatureProfile } from './signature-verifier.js';
import { checkProfiles } from './verify-request.js';

export interface SignaturesOptions {
  /** Whose signatures are good. Several keys with one id are all good: add the new one, then take the old one away. */
  readonly keys?: readonly SignatureKeyInput[];
  /** How far the time of signing may be from now, either way, in seconds. Default 300, at most 3600. */
  readonly maxAge?: number;
  /** Remembers which messages were used. Default: this process's memory; several processes need one store. */
  readonly nonces?: SpentStore;
  /** For `@Signed()` routes that do not say. Default: both. */
  readonly profile?: SignatureProfile | readonly SignatureProfile[];
  /** What RFC 9421 signatures have to cover. Default `['@method', '@target-uri', 'content-digest', 'created']`. */
  readonly required?: readonly string[];
  /**
   * Where clients see this app: `https://api.example.com`. Default: the `Host` of each request, with either scheme,
   * because behind a proxy nobody can tell which one the client used.
   */
  readonly origin?: string;
}

export interface SignaturesSettings {
  readonly policy: SignaturePolicy;
  readonly nonces: SpentStore | undefined;
  readonly origin: string | undefined;
}

export const SIGNATURES = Symbol('bulwark:signatures');

/** Where used messages are remembered: a SpentStore. Injectable, so that a subpath or the app can bring its own. */
export const NONCE_STORE = Symbol('bulwark:nonce-store');

const OPTION = 'security.signatures';
const KEYS = ['keys', 'maxAge', 'nonces', 'profile', 'required', 'origin'];
const LONGEST_AGE_S = 3600;

/** @throws TypeError naming option, value and fix. */
export function resolveSignaturesOptions(options: SignaturesOptions = {}): SignaturesSettings {
  checkKeys(OPTION, options, KEYS);
  const { nonces, maxAge = 300, origin } = options;
  if (nonces !== undefined && typeof nonces?.spend !== 'function') {
    throw optionError(`${OPTION}.nonces`, nonces, 'is no store', 'Use an object with spend(id, untilMs, nowMs).');
  }
  if (checkPositive(`${OPTION}.maxAge`, maxAge, 'Use seconds, e.g. 300.') > LONGEST_AGE_S) {
    throw optionError(`${OPTION}.maxAge`, maxAge, 'is over an hour', 'Use seconds, e.g. 300.');
  }
  return Object.freeze({
    policy: Object.freeze({
      keys: importSignatureKeys(`${OPTION}.keys`, options.keys ?? []),
      profiles: checkProfiles(`${OPTION}.profile`, options.profile),
      required: checkRequired(`${OPTION}.required`, options.required ?? DEFAULT_REQUIRED),
      maxAgeMs: maxAge * 1000,
      eitherScheme: origin === undefined,
    }),
    nonces,
    origin: origin === undefined ? undefined : checkOrigin(origin),
  });
}

function checkOrigin(origin: string): string {
  const text = checkText(`${OPTION}.origin`, origin);
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  throw optionError(`${OPTION}.origin`, origin, 'is no origin', "Use e.g. 'https://api.example.com', without a path.");
}
