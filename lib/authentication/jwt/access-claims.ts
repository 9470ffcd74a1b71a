/** Does a signed claims set make somebody a caller here, now? */

import type { Principal } from '../../core/principal.js';
import type { JsonObject } from './strict-json.js';
import { refuseToken } from './token-refusal.js';

export interface ClaimsRule {
  /** Accepted issuers. Undefined: any. */
  readonly issuer: readonly string[] | undefined;
  /** The names this API goes by. Undefined: any. */
  readonly audience: readonly string[] | undefined;
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number;
  /** Seconds since `iat`. Undefined: as long as `exp` says. */
  readonly maxTokenAge: number | undefined;
}

/** When a token is good, in milliseconds since the epoch, tolerance included. */
export interface Validity {
  /** `iat` or `nbf`, whichever is later. Good from this moment on. */
  readonly fromMs: number;
  /** `exp`. Bad from this moment on: RFC 7519 §4.1.4 says "on or after". */
  readonly expiresMs: number;
  /** `iat` + maxTokenAge. Good up to and including this moment. */
  readonly staleAfterMs: number;
}

export interface VerifiedClaims {
  readonly principal: Principal;
  readonly validity: Validity;
}

/** Why a token is not good at this moment. Undefined: it is. */
export function untimely({ fromMs, expiresMs, staleAfterMs }: Validity, nowMs: number): string | undefined {
  if (nowMs >= expiresMs) return 'token_expired';
  if (nowMs > staleAfterMs) return 'token_too_old';
  return nowMs < fromMs ? 'token_not_yet_valid' : undefined;
}

/**
 * Judges claims whose signature holds. They are deeply frozen, as they are shared by every call with this token.
 *
 * @throws SecurityError `invalid_token`
 */
export function judgeClaims(claims: JsonObject, rule: ClaimsRule, nowMs: number): VerifiedClaims {
  const exp = requiredTime(claims, 'exp');
  const iat = requiredTime(claims, 'iat');
  const nbf = claims.nbf === undefined ? iat : requiredTime(claims, 'nbf');
  const { sub, jti, sid, tier, acr, auth_time: authTime } = claims;
  if (typeof sub !== 'string' || sub === '') throw refuseToken('sub_missing');
  checkIssuer(claims.iss, rule.issuer);
  checkAudience(claims.aud, rule.audience);
  const foreign = notAnAccessToken(claims);
  if (foreign !== undefined) throw refuseToken(foreign);

  const { clockTolerance, maxTokenAge = Infinity } = rule;
  const validity: Validity = {
    fromMs: (Math.max(iat, nbf) - clockTolerance) * 1000,
    expiresMs: (exp + clockTolerance) * 1000,
    staleAfterMs: (iat + maxTokenAge + clockTolerance) * 1000,
  };
  const reason = untimely(validity, nowMs);
  if (reason !== undefined) throw refuseToken(reason);

  // Not createPrincipal(): the claims are ours alone and frozen already, so there is nothing to copy.
  const principal: Principal = Object.freeze({
    id: sub,
    scheme: 'jwt',
    roles: textList(claims.roles),
    scopes: typeof claims.scope === 'string' ? words(claims.scope) : textList(claims.scp),
    ...(isText(tier) && { tier }),
    ...(isText(jti) && { credentialId: jti }),
    ...(isText(sid) && { sessionId: sid }),
    ...(isText(acr) && { acr }),
    ...(Number.isFinite(authTime) && { authTimeMs: Number(authTime) * 1000 }),
    ...(claims.amr !== undefined && { amr: textList(claims.amr) }),
    expiresAtMs: exp * 1000,
    claims,
  });
  return { principal, validity };
}

/** A finite JSON number (RFC 7519 §2, NumericDate). A string of digits is not one; 1e999 is not finite. */
function requiredTime(claims: JsonObject, name: 'exp' | 'iat' | 'nbf'): number {
  const value = claims[name];
  if (value === undefined) throw refuseToken(`${name}_missing`);
  if (typeof value !== 'number' || !Number.isFinite(value)) throw refuseToken(`${name}_not_a_number`);
  return value;
}

/** RFC 7519 §4.1.1: one string. A list of issuers would let one of them speak for the others. */
function checkIssuer(iss: unknown, expected: readonly string[] | undefined): void {
  if (iss !== undefined && typeof iss !== 'string') throw refuseToken('issuer_not_a_string');
  if (expected === undefined) return;
  if (iss === undefined) throw refuseToken('issuer_missing');
  if (!expected.includes(iss)) throw refuseToken('issuer_not_accepted');
}

/** RFC 7519 §4.1.3: one string or a list of strings, one of which is us. */
function checkAudience(aud: unknown, expected: readonly string[] | undefined): void {
  if (aud === undefined) {
    if (expected !== undefined) throw refuseToken('audience_missing');
    return;
  }
  const names: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!names.every((name) => typeof name === 'string')) throw refuseToken('audience_malformed');
  if (expected !== undefined && !names.some((name) => expected.includes(name)))
    throw refuseToken('audience_not_accepted');
}

/** Claims that only ID and logout tokens have (OpenID Connect Core §2 and §3.3.2.11, Back-Channel Logout §2.4). */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 's_hash', 'nonce', 'events'];

/** Claims by which issuers say what kind of token this is. */
const KIND_CLAIMS = ['typ', 'type', 'token_type'];
const FOREIGN_KINDS = new Set(['refresh', 'refresh_token', 'offline', 'id', 'id_token', 'logout', 'logout_token']);

/** Which sign says that these claims belong to another kind of token? RFC 8725 §2.8: substituting those is an attack. */
export function notAnAccessToken(claims: JsonObject): string | undefined {
  if (claims.token_use !== undefined && claims.token_use !== 'access') return 'not_an_access_token: token_use';
  for (const name of KIND_CLAIMS) {
    const kind = claims[name];
    if (typeof kind === 'string' && FOREIGN_KINDS.has(kind.toLowerCase())) return `not_an_access_token: ${name}`;
  }
  const foreign = FOREIGN_CLAIMS.find((name) => claims[name] !== undefined);
  return foreign === undefined ? undefined : `not_an_access_token: ${foreign}`;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A list of strings, or nothing: a half-understood list of roles grants none of them. */
function textList(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : NOTHING;
}

const NOTHING: readonly string[] = Object.freeze([]);

/** RFC 6749 §3.3: words with a space between. */
function words(text: string): readonly string[] {
  return Object.freeze(text.split(' ').filter((word) => word !== ''));
}
