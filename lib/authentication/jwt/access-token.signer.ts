/** Signs access tokens that this app's own verifier accepts. */

import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { notAnAccessToken } from './access-claims.js';
import { MAX_TOKEN_LENGTH } from './compact-jws.js';
import { IssueStamps, type IssueStamp } from './issue-stamp.js';
import type { JwtSettings } from './jwt.options.js';
import { JWT_SETTINGS } from './jwt.settings.js';
import { SigningKeys } from './signing-keys.js';
import type { TokenSubject } from './token-subject.js';

export interface SignedToken {
  readonly accessToken: string;
  /** `jti`: a UUIDv7, so that ids are in the order of issue. */
  readonly credentialId: string;
  readonly expiresAtMs: number;
}

/** Claims that are never copied from a subject: they are written here, or left out. */
const OWN_CLAIMS = new Set('iss sub aud exp nbf iat jti sid auth_time amr acr roles scope scp tier'.split(' '));

@Injectable()
export class AccessTokenSigner {
  readonly #stamps = new IssueStamps();

  constructor(
    @Inject(JWT_SETTINGS) private readonly settings: JwtSettings,
    @Inject(SigningKeys) private readonly keys: SigningKeys,
  ) {}

  /** Seconds. */
  get lifetime(): number {
    return this.settings.accessTokenTtl;
  }

  /** Greater than that of every token signed here so far, less than that of every one to come. */
  stampNow(nowMs: number): IssueStamp {
    return this.#stamps.next(nowMs);
  }

  /**
   * RFC 9068: `typ` at+jwt, with `jti`.
   *
   * @param nowMs When the token counts as issued. To revocations it is as old as the subject's `provedAt`.
   * @throws TypeError when only verification keys are configured, the id is empty, or the claims make a token that this
   * app would refuse.
   */
  async sign(subject: TokenSubject, nowMs: number): Promise<SignedToken> {
    const { accessTokenTtl, rules } = this.settings;
    const signing = this.keys.signing();
    const claims = claimsOf(subject);
    const issuedAt = Math.floor(nowMs / 1000);
    const expiresAt = issuedAt + accessTokenTtl;
    const credentialId = this.#stamps.nextId(nowMs, subject.provedAt);
    const { issuer, audience } = rules.claims;
    const token = new SignJWT(claims)
      .setProtectedHeader({
        alg: signing.algorithm,
        typ: rules.type.typ.has('at+jwt') ? 'at+jwt' : [...rules.type.typ][0]!,
        ...(signing.kid !== undefined && { kid: signing.kid }),
      })
      .setSubject(subject.id)
      .setJti(credentialId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt);
    if (issuer !== undefined) token.setIssuer(issuer[0]!);
    if (audience !== undefined) token.setAudience(audience.length === 1 ? audience[0]! : [...audience]);
    const accessToken = await token.sign(await signing.key.cryptoKey(signing.algorithm));
    if (accessToken.length > MAX_TOKEN_LENGTH) {
      throw new TypeError(
        `TokenService.issue: the claims make a token of over ${MAX_TOKEN_LENGTH} bytes. Leave some out.`,
      );
    }
    return { accessToken, credentialId, expiresAtMs: expiresAt * 1000 };
  }
}

function claimsOf(subject: TokenSubject): Record<string, unknown> {
  const { id, roles = [], scopes = [], tier, claims = {}, sessionId, authTimeMs, amr, acr } = subject;
  if (typeof id !== 'string' || id === '') throw new TypeError('TokenService.issue: the subject needs a non-empty id.');
  const foreign = notAnAccessToken(claims);
  if (foreign !== undefined) throw new TypeError(`TokenService.issue: ${foreign}. Rename that claim.`);
  return {
    ...appClaims(claims),
    ...(roles.length > 0 && { roles: [...roles] }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(tier !== undefined && { tier }),
    ...(sessionId !== undefined && { sid: sessionId }),
    ...(authTimeMs !== undefined && { auth_time: Math.floor(authTimeMs / 1000) }),
    ...(amr !== undefined && { amr: [...amr] }),
    ...(acr !== undefined && { acr }),
  };
}

/** The claims that are the app's own to make. */
export function appClaims(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !OWN_CLAIMS.has(name)));
}
