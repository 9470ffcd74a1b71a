/** Is this access token good, and whose is it? */

import { Inject, Injectable } from '@nestjs/common';
import { checkKeys } from '../../core/checks.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { Measurements, timed } from '../../core/measurements.js';
import type { Principal } from '../../core/principal.js';
import { Introspector } from '../introspection/introspector.js';
import { TrustedIssuers } from '../issuers/trusted-issuers.js';
import { namesIn, type VerifiedClaims } from './access-claims.js';
import { MAX_TOKEN_LENGTH } from './compact-jws.js';
import { JWT_SETTINGS } from './jwt.settings.js';
import type { JwtSettings } from './jwt.options.js';
import { KeySet } from './key-set.js';
import { checkProven, type ProvenKeys } from '../dpop/confirmation.js';
import { Revocations } from '../sessions/revocations.js';
import { SigningKeys } from './signing-keys.js';
import { digestOf, RememberedTokens, type TokenDigest } from './remembered-tokens.js';
import type { TokenKey } from './token-key.js';
import { refuseToken } from './token-refusal.js';
import { importedKeys, verifyAccessToken } from './plain-verifier.js';
import { KEY_SOURCES, type KeySource, type VerificationRules } from './verifier.options.js';

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
    @Inject(JWT_SETTINGS) private readonly settings: JwtSettings,
    @Inject(SigningKeys) private readonly signingKeys: SigningKeys,
    @Inject(TrustedIssuers) private readonly issuers: TrustedIssuers,
    @Inject(Introspector) private readonly introspector: Introspector,
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
   * @param proven What the sender has shown beside it. A token that is bound to a key or a certificate (RFC 7800) is refused
   * without: whoever stole it could send it too. Nothing of that is asked of the others.
   * @throws SecurityError `invalid_token`: the same to the client for every cause, the exact one in `reason`.
   */
  async verify(token: string, proven?: ProvenKeys): Promise<Principal> {
    return checkProven(await this.resolve(token), proven);
  }

  /**
   * Whose token this is, whoever sent it: what it is bound to is for the caller to ask. Answered at once where the token is
   * remembered and revocations are known in this process.
   */
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
    if (this.settings.keys.keys.length === 0) {
      throw new TypeError(
        `${option}: this app began without keys of its own. Give it one at boot, beside its issuers.`,
      );
    }
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
    const verified = await timed(this.measurements.meter, 'jwt', () => this.#judge(token, keys));
    // Keys that were replaced while we waited must not leave their tokens behind.
    if (digest !== undefined && keys === this.#keys) this.#remembered.remember(digest, verified);
    return this.revocations.admit(verified.principal);
  }

  /** One source answers for a token, and it alone: by its form, by the issuer that it names, or else our own keys. */
  async #judge(token: string, keys: KeySet): Promise<VerifiedClaims> {
    const { introspector, issuers, settings } = this;
    if (introspector.takes(token))
      return this.#inItsSpace(await introspector.judge(token), settings.introspection?.read);
    const issuer = issuers.isEmpty ? undefined : await issuers.ofToken(token, keys.keys.length > 0);
    if (issuer === undefined) return this.#inItsSpace(await verifyAccessToken(token, keys, this.#rules, this.clock));
    const verified = await issuer.verify(token);
    const isProven = (nowMs: number) => issuers.trusts(issuer, nowMs) && verified.isProven?.(nowMs) !== false;
    return this.#inItsSpace({ ...verified, isProven }, issuer.settings.rules.claims.read);
  }

  /** Who names people without a prefix must not name somebody else's. */
  #inItsSpace(verified: VerifiedClaims, { prefix }: { readonly prefix: string } = { prefix: '' }): VerifiedClaims {
    if (prefix !== '') return verified;
    const { id, claims } = verified.principal;
    // By the latter two sessions and tokens are ended.
    for (const [name, value] of [['sub', id] as const, ...namesIn(claims)]) {
      if (this.settings.idSpaces.isTaken(value)) throw refuseToken(`${name}_of_another_issuer`);
    }
    return verified;
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
