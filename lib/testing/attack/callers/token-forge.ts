/** Can a token be made as a thief would want it? Signed with the app's own key, with whatever is wrong about it. */

import type { KeyObject } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import type { JWTPayload } from 'jose';
import { JWT_SETTINGS } from '../../../authentication/jwt/jwt.settings.js';
import type { JwtSettings, SigningSettings } from '../../../authentication/jwt/jwt.options.js';
import type { SignatureAlgorithm } from '../../../authentication/jwt/signature-algorithm.js';
import { SigningKeys } from '../../../authentication/jwt/signing-keys.js';
import { TokenVerifier } from '../../../authentication/jwt/token-verifier.js';
import { TokenService } from '../../../authentication/jwt/token.service.js';
import { compact, signedWith } from './compact-token.js';
import { strangerKey } from './stranger-key.js';
import { Untried } from '../untried.js';

/** Whom a token or key is for. */
export interface Subject {
  readonly id: string;
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly tier?: string;
  readonly amr?: readonly string[];
  readonly acr?: string;
  /** When the login was, in milliseconds since the Unix epoch. */
  readonly authTimeMs?: number;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface TokenParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: JWTPayload;
}

/** @param header As it is to be, `alg` and `kid` of a good token included. @returns The compact form. */
export type TokenSigner = (header: TokenParts['header'], claims: JWTPayload) => string | Promise<string>;

export class TokenForge {
  readonly #tokens: TokenService;
  readonly #keys: SigningKeys;
  readonly #strangers = new Map<SignatureAlgorithm, KeyObject>();
  readonly #standing = new Map<string, string>();
  readonly #signed = new Map<string, string | Promise<string>>();
  readonly #foreign = new Map<string, string>();
  readonly #verifier: TokenVerifier;
  readonly settings: JwtSettings;

  constructor(
    app: INestApplication,
    private readonly signer?: TokenSigner,
  ) {
    this.#tokens = app.get(TokenService, { strict: false });
    this.#keys = app.get(SigningKeys, { strict: false });
    this.#verifier = app.get(TokenVerifier, { strict: false });
    this.settings = app.get<JwtSettings>(JWT_SETTINGS, { strict: false });
  }

  /** What the app signs with. @throws Untried where its tokens come from elsewhere. */
  get signing(): SigningSettings {
    try {
      return this.#keys.signing();
    } catch {
      throw new Untried('the app signs no tokens itself: give a principal with `token`, made by your issuer');
    }
  }

  /** @throws Untried where the app's tokens come from elsewhere. */
  assertSigns(): void {
    void this.signing;
  }

  /** A good token, by the app's own service. @throws Untried */
  async issue(subject: Subject): Promise<string> {
    this.assertSigns();
    const { accessToken } = await this.#tokens.issue(subject, { session: false });
    return accessToken;
  }

  /** The same token for the same subject, while it is good and has most of its time: the app may have ended it. @throws Untried */
  async standing(subject: Subject, nowMs: number): Promise<string> {
    const known = JSON.stringify(subject);
    const made = this.#standing.get(known);
    if (made !== undefined && lasts(made, nowMs) && (await this.#isGood(made))) return made;
    const token = await this.issue(subject);
    this.#standing.set(known, token);
    return token;
  }

  #isGood(token: string): Promise<boolean> {
    return this.#verifier.verify(token).then(Boolean, () => false);
  }

  /** Any header over any claims, with the app's key: once, however often it is asked for. @throws Untried */
  async sign(parts: TokenParts): Promise<string> {
    const known = JSON.stringify([parts.header, parts.claims]);
    let signed = this.#signed.get(known);
    if (signed === undefined) this.#signed.set(known, (signed = this.#signedNow(parts)));
    return signed;
  }

  async #signedNow({ header, claims }: TokenParts): Promise<string> {
    if (this.signer !== undefined) return this.signer(header, claims);
    const { key, algorithm } = this.#signingFor(header);
    return compact({ ...header, alg: algorithm }, claims, signedWith(key.keyObject, algorithm));
  }

  /** Any header over any claims, with a key that nobody here knows: once, too. */
  signAsStranger({ header, claims }: TokenParts, algorithm: SignatureAlgorithm): string {
    const key = this.stranger(algorithm);
    const known = `stranger ${algorithm} ${JSON.stringify([header, claims])}`;
    let token = this.#foreign.get(known);
    if (token === undefined) {
      this.#foreign.set(known, (token = compact(header, claims, signedWith(key, algorithm))));
    }
    return token;
  }

  /** A key that nobody here knows, of the app's own algorithm. Asymmetric ones only. */
  stranger(algorithm: SignatureAlgorithm): KeyObject {
    let key = this.#strangers.get(algorithm);
    if (key === undefined) this.#strangers.set(algorithm, (key = strangerKey(algorithm)));
    return key;
  }

  /** What everybody may know of the keys that verify here. */
  get publicKeys(): readonly KeyObject[] {
    const keys = [...this.settings.keys.keys, ...this.#keys.verifying()].map(({ keyObject }) => keyObject);
    return keys.filter((key, index) => key.type === 'public' && keys.findIndex((each) => each.equals(key)) === index);
  }

  /** A token that was given may be another issuer's: signed by the app it would be refused for that alone. */
  #signingFor({ alg, kid }: TokenParts['header']): SigningSettings {
    try {
      const { signing } = this;
      if (alg === signing.algorithm && kid === signing.kid) return signing;
    } catch {
      // Said below, with what helps.
    }
    throw new Untried(
      'the app does not sign these tokens itself: the option `sign` would, by a test issuer that the app trusts',
    );
  }
}

/** Half of its time at least is left, for whatever moves the time on before it is shown. */
function lasts(token: string, nowMs: number): boolean {
  const { exp = Infinity, iat = 0 } = partsOf(token).claims;
  return exp - nowMs / 1000 > (exp - iat) / 2;
}

/** Header and claims of a compact token, without looking at its signature. */
export function partsOf(token: string): TokenParts {
  const [header, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>);
  return { header: header!, claims: claims! };
}
