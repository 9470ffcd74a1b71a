/** Is this access token good, and whose is it? */

import { Inject, Injectable } from '@nestjs/common';
import { checkKeys, optionError } from '../../core/checks.js';
import { CLOCK, systemClock, type Clock } from '../../core/clock.js';
import { Measurements, timed } from '../../core/measurements.js';
import type { Principal } from '../../core/principal.js';
import { judgeClaims, type VerifiedClaims } from './access-claims.js';
import { MAX_TOKEN_LENGTH } from './compact-jws.js';
import { JWT_SETTINGS } from './jwt.settings.js';
import type { JwtSettings } from './jwt.options.js';
import { KeySet } from './key-set.js';
import { Revocations } from '../sessions/revocations.js';
import { SigningKeys } from './signing-keys.js';
import { digestOf, RememberedTokens, type TokenDigest } from './remembered-tokens.js';
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

export interface TokenVerifierOptions extends VerificationOptions {
  /** What time it is, in milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

/**
 * Verifies access tokens without Nest, remembering nothing.
 *
 * @example
 * const verifier = createTokenVerifier({ publicKey: pem, issuer: 'https://id.example', audience: 'https://api.example' });
 * const principal = await verifier.verify(token); // refusal: SecurityError with code `invalid_token`
 * @throws TypeError naming option, value and fix.
 */
export function createTokenVerifier(options: TokenVerifierOptions): Pick<TokenVerifier, 'verify'> {
  const option = 'createTokenVerifier';
  checkKeys(option, options, [...VERIFICATION_KEYS, 'now']);
  const rules = resolveRules(option, options);
  const keys = new KeySet(option, importedKeys(option, options), rules.algorithms);
  const clock = clockOf(`${option}.now`, options.now);
  return Object.freeze({
    verify: async (token: string) => (await verifyAccessToken(token, keys, rules, clock)).principal,
  });
}

/** The app's verifier: the one behind the pipeline, the guards and the passport strategy. */
@Injectable()
export class TokenVerifier {
  readonly #remembered: RememberedTokens;
  readonly #rules: VerificationRules;
  /** Those that no rotation touches. */
  #fixedKeys: readonly TokenKey[];
  #rotatedKeys: readonly TokenKey[];
  #keys: KeySet;

  constructor(
    @Inject(JWT_SETTINGS) settings: JwtSettings,
    @Inject(SigningKeys) private readonly signingKeys: SigningKeys,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Measurements) private readonly measurements: Measurements,
  ) {
    this.#fixedKeys = settings.fixedKeys;
    this.#rotatedKeys = signingKeys.verifying();
    this.#rules = settings.rules;
    this.#keys = this.#keySet('security.jwt', this.#fixedKeys, this.#rotatedKeys);
    this.#remembered = new RememberedTokens(settings.rememberedTokens);
  }

  /**
   * Who presents this token.
   *
   * @throws SecurityError `invalid_token`: the same to the client for every cause, the exact one in `reason`.
   */
  async verify(token: string): Promise<Principal> {
    return this.resolve(token);
  }

  /** The same, answered at once where the token is remembered and revocations are known in this process. */
  resolve(token: string): Principal | Promise<Principal> {
    const digest = digestable(token);
    const known = this.#recall(digest);
    this.measurements.meter?.cache('tokens', known !== undefined);
    return known === undefined ? this.#verify(token, digest) : this.revocations.admit(known);
  }

  /**
   * The caller, where this very token was verified before and is still good. Undefined says nothing about the token: it
   * may be unknown, revoked, or somebody has to be asked first whether it is.
   */
  recall(token: string): Principal | undefined {
    const known = this.#recall(digestable(token));
    const denied = known === undefined || this.revocations.isDenied(known);
    // Whoever asks next gets this answer, or this failure, from resolve().
    if (typeof denied !== 'boolean') denied.catch(() => undefined);
    return denied === false ? known : undefined;
  }

  /**
   * Verifies with other keys from now on, and forgets every token that the former ones proved.
   * What `TokenService` signs with stays as configured, and so do the keys that verify it where a private key signs.
   *
   * @throws TypeError naming option, value and fix; the former keys then stay.
   */
  replaceKeys(source: KeySource): void {
    const option = 'TokenVerifier.replaceKeys';
    checkKeys(option, source, KEY_SOURCES);
    const keys = importedKeys(option, source);
    this.#keys = this.#keySet(option, keys, this.#rotatedKeys);
    this.#fixedKeys = keys;
    this.revocations.expectTokensOf(keys);
    this.#remembered.clear();
  }

  #recall(digest: TokenDigest | undefined): Principal | undefined {
    if (digest === undefined) return undefined;
    this.#followRotation();
    return this.#remembered.recall(digest, this.clock.now());
  }

  async #verify(token: string, digest: TokenDigest | undefined): Promise<Principal> {
    this.#followRotation();
    const keys = this.#keys;
    const { meter } = this.measurements;
    const verified = await timed(meter, 'jwt', () => verifyAccessToken(token, keys, this.#rules, this.clock));
    // Keys that were replaced while we waited must not leave their tokens behind.
    if (digest !== undefined && keys === this.#keys) this.#remembered.remember(digest, verified);
    return this.revocations.admit(verified.principal);
  }

  /** Keys come without anything being forgotten. When one goes, so do the tokens it proved. */
  #followRotation(): void {
    const current = this.signingKeys.verifying();
    if (current === this.#rotatedKeys) return;
    const isPoorer = this.#rotatedKeys.some((key) => !current.includes(key));
    this.#keys = this.#keySet('security.jwt', this.#fixedKeys, current);
    this.#rotatedKeys = current;
    if (isPoorer) this.#remembered.clear();
  }

  #keySet(option: string, fixed: readonly TokenKey[], rotated: readonly TokenKey[]): KeySet {
    return new KeySet(option, [...fixed, ...rotated], this.#rules.algorithms);
  }
}

/** Undefined for what will be refused without being read: it is not even hashed. */
function digestable(token: unknown): TokenDigest | undefined {
  return typeof token === 'string' && token.length <= MAX_TOKEN_LENGTH ? digestOf(token) : undefined;
}

/** Signature first, claims after: nothing a token says is believed before it is proven. */
async function verifyAccessToken(
  token: string,
  keys: KeySet,
  { type, claims }: VerificationRules,
  clock: Clock,
): Promise<VerifiedClaims> {
  const payload = await verifyTokenSignature(token, keys, type);
  return judgeClaims(readStrictJson('claims', payload), claims, clock.now());
}

function importedKeys(option: string, source: KeySource): readonly TokenKey[] {
  const keys = importKeys(option, source);
  if (keys.length > 0) return keys;
  throw new TypeError(`${option}: there is no key. Give one of ${KEY_SOURCES.join(', ')}.`);
}

function clockOf(option: string, now: unknown): Clock {
  if (now === undefined) return systemClock;
  if (typeof now === 'function') return { now: now as Clock['now'] };
  throw optionError(option, now, 'is not a function', 'Answer milliseconds.');
}
