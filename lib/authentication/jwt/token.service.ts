/** Issues access tokens that this app's own verifier accepts. */

import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents } from '../../core/events.js';
import type { Principal } from '../../core/principal.js';
import { notAnAccessToken } from './access-claims.js';
import { MAX_TOKEN_LENGTH } from './compact-jws.js';
import type { JwtSettings } from './jwt.options.js';
import { JWT_SETTINGS } from './jwt.settings.js';

/** Whom a token is for. A `Principal` will do; claims that this service decides are not taken from it. */
export type TokenSubject = Pick<Principal, 'id'> &
  Partial<Pick<Principal, 'roles' | 'scopes' | 'tier' | 'claims' | 'sessionId' | 'authTimeMs' | 'amr' | 'acr'>>;

export interface IssuedToken {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds from now. */
  readonly expiresIn: number;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Claims that are never copied from a subject: this service writes them, or leaves them out. */
const OWN_CLAIMS = new Set('iss sub aud exp nbf iat jti sid auth_time amr acr roles scope scp tier'.split(' '));

@Injectable()
export class TokenService {
  constructor(
    @Inject(JWT_SETTINGS) private readonly settings: JwtSettings,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Signs an access token (RFC 9068: `typ` at+jwt, with `jti`).
   *
   * @throws TypeError when only verification keys are configured, the id is empty, or the claims make a token that this
   * app would refuse.
   */
  async issue(subject: TokenSubject): Promise<IssuedToken> {
    const { signing, accessTokenTtl, rules } = this.settings;
    if (signing === undefined) {
      throw new TypeError(
        'TokenService.issue: there are verification keys only. Set `security.jwt.privateKey` or `secret`.',
      );
    }
    const claims = claimsOf(subject);
    const issuedAt = Math.floor(this.clock.now() / 1000);
    const expiresAt = issuedAt + accessTokenTtl;
    const credentialId = randomUUID();
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
    this.events.emit({
      kind: 'token_issued',
      timeMs: this.clock.now(),
      level: 'info',
      subject: { principal: { id: subject.id, scheme: 'jwt' } },
      credentialId,
    });
    return { accessToken, tokenType: 'Bearer', expiresIn: accessTokenTtl, expiresAtMs: expiresAt * 1000 };
  }
}

function claimsOf(subject: TokenSubject): Record<string, unknown> {
  const { id, roles = [], scopes = [], tier, claims = {}, sessionId, authTimeMs, amr, acr } = subject;
  if (typeof id !== 'string' || id === '') throw new TypeError('TokenService.issue: the subject needs a non-empty id.');
  const foreign = notAnAccessToken(claims);
  if (foreign !== undefined) throw new TypeError(`TokenService.issue: ${foreign}. Rename that claim.`);
  return {
    ...Object.fromEntries(Object.entries(claims).filter(([name]) => !OWN_CLAIMS.has(name))),
    ...(roles.length > 0 && { roles: [...roles] }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(tier !== undefined && { tier }),
    ...(sessionId !== undefined && { sid: sessionId }),
    ...(authTimeMs !== undefined && { auth_time: Math.floor(authTimeMs / 1000) }),
    ...(amr !== undefined && { amr: [...amr] }),
    ...(acr !== undefined && { acr }),
  };
}
