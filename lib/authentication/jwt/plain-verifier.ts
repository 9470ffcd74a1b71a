/** Verifies access tokens without Nest: what the app's verifier and the pure function have in common, and the latter. */

import { checkKeys, optionError } from '../../core/checks.js';
import { systemClock, type Clock } from '../../core/clock.js';
import type { OutboundFetch } from '../../core/outbound-fetch.js';
import type { Principal } from '../../core/principal.js';
import { checkProven, type ProvenKeys } from '../dpop/confirmation.js';
import { REMOTE_KEY_OPTIONS, remoteKeys, type RemoteKeyOptions } from '../issuers/remote-keys.options.js';
import { RemoteIssuer } from '../issuers/remote-issuer.js';
import { judgeClaims, type VerifiedClaims } from './access-claims.js';
import { KeySet } from './key-set.js';
import { readStrictJson } from './strict-json.js';
import type { TokenKey } from './token-key.js';
import { verifyTokenSignature } from './token-signature.js';
import {
  importKeys,
  KEY_SOURCES,
  resolveRules,
  VERIFICATION_KEYS,
  type KeySource,
  type VerificationOptions,
  type VerificationRules,
} from './verifier.options.js';

export interface TokenVerifierOptions extends VerificationOptions, RemoteKeyOptions {
  /** What time it is, in milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

/** What verifies tokens by itself. */
export interface PlainTokenVerifier {
  /**
   * Who presents this token.
   *
   * @param proven What the sender has shown beside it: see `TokenVerifier.verify()`.
   * @throws SecurityError `invalid_token`; with `jwksUri` also `unavailable`, where the keys are out of reach.
   */
  verify(token: string, proven?: ProvenKeys): Promise<Principal>;
}

/** @throws TypeError naming option, value and fix. */
export function plainVerifier(
  option: string,
  options: TokenVerifierOptions,
  fetchFor: OutboundFetch,
): PlainTokenVerifier {
  checkKeys(option, options, [...VERIFICATION_KEYS, ...REMOTE_KEY_OPTIONS, 'now']);
  const clock = clockOf(`${option}.now`, options.now);
  const judge = judgeOf(option, options, fetchFor, clock);
  return Object.freeze({
    verify: async (token: string, proven?: ProvenKeys) => checkProven((await judge(token)).principal, proven),
  });
}

function judgeOf(
  option: string,
  options: TokenVerifierOptions,
  fetchFor: OutboundFetch,
  clock: Clock,
): (token: string) => Promise<VerifiedClaims> {
  const rules = resolveRules(option, options);
  const remote = remoteKeys(option, options, rules);
  if (remote === undefined) {
    const keys = new KeySet(option, importedKeys(option, options), rules.algorithms);
    return (token) => verifyAccessToken(token, keys, rules, clock);
  }
  // Nobody listens to why a fetch failed: the refusal says that it did.
  const issuer = new RemoteIssuer(remote, fetchFor, clock, () => undefined);
  return (token) => issuer.verify(token);
}

/** Signature first, claims after: nothing a token says is believed before it is proven. */
export async function verifyAccessToken(
  token: string,
  keys: KeySet,
  { type, claims }: VerificationRules,
  clock: Clock,
): Promise<VerifiedClaims> {
  const payload = await verifyTokenSignature(token, keys, type);
  return judgeClaims(readStrictJson('claims', payload), claims, clock.now());
}

export function importedKeys(option: string, source: KeySource): readonly TokenKey[] {
  const keys = importKeys(option, source);
  if (keys.length > 0) return keys;
  throw new TypeError(`${option}: there is no key. Give one of ${KEY_SOURCES.join(', ')}.`);
}

function clockOf(option: string, now: unknown): Clock {
  if (now === undefined) return systemClock;
  if (typeof now === 'function') return { now: now as Clock['now'] };
  throw optionError(option, now, 'is not a function', 'Answer milliseconds.');
}
