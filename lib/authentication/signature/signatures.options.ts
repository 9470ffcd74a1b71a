/** Whose signed requests are good, and for how long? The `signatures` option of the module. */

import { checkKeys, checkPositive, checkText, optionError } from '../../core/checks.js';
import type { SpentStore } from '../../core/spent.store.js';
import type { SignatureKeyResolver } from './asked-keys.js';
import { keySource } from './key-source.js';
import type { SignatureKeyInput } from './signature-keys.js';
import { resolvePolicy, type SignaturePolicy } from './signature-policy.js';
import type { SignatureProfile } from './signature-profile.js';

export interface SignaturesOptions {
  /**
   * Whose signatures are good. Several keys with one id are all good: add the new one, then take the old one away. A function
   * is asked for the keys of an id, so that nothing has to start anew for a new partner or a new secret: its answer is
   * remembered for 5 s, and asked for again after 1 s where a signature does not hold. A failure, or no answer in 2 s, is a 503.
   */
  readonly keys?: readonly SignatureKeyInput[] | SignatureKeyResolver;
  /** How far the time of signing may be from now, either way, in seconds. Default 300, at most 3600. */
  readonly maxAge?: number;
  /**
   * Remembers which messages were used. Default: this process's memory, 100_000 of them, shared fairly among the keys: one
   * alone gets half of it. A signer without room gets a 503. Several processes need one store.
   */
  readonly nonces?: SpentStore;
  /** For `@Signed()` routes that do not say. Default: both. */
  readonly profile?: SignatureProfile | readonly SignatureProfile[];
  /** What RFC 9421 signatures have to cover. Default `['@method', '@target-uri', 'content-digest', 'created']`. */
  readonly required?: readonly string[];
  /** The `tag` that RFC 9421 signatures have to have. Default: any, or none. The HMAC profile, which has none, is then off. */
  readonly tag?: string;
  /**
   * Where clients see this app: `https://api.example.com`, with a path where a proxy takes one away (`…/shop`: in front of every
   * path). Default: the `Host` of each request, with either scheme, because behind a proxy nobody can tell which one the
   * client used.
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
const KEYS = ['keys', 'maxAge', 'nonces', 'profile', 'required', 'tag', 'origin'];
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
  const keys = keySource(`${OPTION}.keys`, options.keys ?? []);
  const rest = { keys, maxAgeMs: maxAge * 1000, eitherScheme: origin === undefined };
  return Object.freeze({
    policy: resolvePolicy(OPTION, options, rest),
    nonces,
    origin: origin === undefined ? undefined : checkOrigin(origin),
  });
}

function checkOrigin(origin: string): string {
  const text = checkText(`${OPTION}.origin`, origin);
  if (/^https?:/.test(text) && URL.canParse(text) && !text.endsWith('/')) {
    const { origin: host, pathname } = new URL(text);
    if (host + (pathname === '/' ? '' : pathname) === text) return text;
  }
  const fix =
    "Use e.g. 'https://api.example.com', or with the path that a proxy takes away: 'https://example.com/api'.";
  throw optionError(`${OPTION}.origin`, origin, 'is no origin', fix);
}
