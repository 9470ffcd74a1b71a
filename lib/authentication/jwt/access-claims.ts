/** Does a signed claims set make somebody a caller here, now? */

import type { Principal } from '../../core/principal.js';
import type { ClaimReader } from '../issuers/claim-mapping.js';
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
  /** Where the audience stands. Default `aud`. */
  readonly audienceClaim?: 'aud' | 'client_id';
  /** Claims that must be there as text, besides those that every token needs. Default none. */
  readonly required?: readonly string[];
  /** Where an issuer keeps what we call id, roles, scopes and tenant. Default: where we keep them ourselves. */
  readonly read?: ClaimReader;
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
  /** Is what proved the token still believed? Asked whenever the token is remembered. Default: it is. */
  readonly isProven?: (nowMs: number) => boolean;
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
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '') throw refuseToken('sub_missing');
  checkIssuer(claims.iss, rule.issuer);
  checkAudience(claims[rule.audienceClaim ?? 'aud'], rule.audience);
  const absent = rule.required?.find((name) => !isText(claims[name]));
  if (absent !== undefined) throw refuseToken(`${absent}_missing`);
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

  return { principal: principalOf(claims, sub, exp, rule.read), validity };
}

/**
 * Not createPrincipal(): the claims are ours alone and frozen already, so there is nothing to copy. How often somebody may
 * call is not for another issuer to say: its `tier` is not taken.
 */
function principalOf(claims: JsonObject, sub: string, exp: number, reader: ClaimReader | undefined): Principal {
  const { tier } = claims;
  const own = {
    id: sub,
    roles: textList(claims.roles),
    scopes: typeof claims.scope === 'string' ? words(claims.scope) : textList(claims.scp),
    ...(isText(tier) && { tier }),
  };
  return Object.freeze({
    scheme: 'jwt',
    ...(reader === undefined ? own : readingOf(claims, reader)),
    ...marksOf(claims, reader?.prefix ?? ''),
    expiresAtMs: exp * 1000,
    claims,
  });
}

/** Who that is in our words, where the claims are somebody else's. @throws SecurityError `invalid_token` */
export function readingOf(
  claims: JsonObject,
  reader: ClaimReader,
): Pick<Principal, 'id' | 'roles' | 'scopes' | 'tenant'> {
  const { id, roles, scopes, tenant, missing } = reader.read(claims);
  if (missing !== undefined || id === undefined) throw refuseToken(`claim_missing: ${missing ?? 'id'}`);
  return { id, roles, scopes, ...(tenant !== undefined && { tenant }) };
}

/**
 * How and when the caller logged in, and what the credential is revoked by.
 *
 * @param prefix What stands before the names that one source gives: it must not end a session of another's.
 */
export function marksOf(claims: JsonObject, prefix: string): Partial<Principal> {
  const { jti, sid, acr, auth_time: authTime } = claims;
  return {
    ...(isText(jti) && { credentialId: `${prefix}${jti}` }),
    ...(isText(sid) && { sessionId: `${prefix}${sid}` }),
    ...(isText(acr) && { acr }),
    ...(Number.isFinite(authTime) && { authTimeMs: Number(authTime) * 1000 }),
    ...(claims.amr !== undefined && { amr: textList(claims.amr) }),
  };
}

/** The names that a source gives to token and session, where it gives them any. */
export function namesIn({
  jti,
  sid,
}: Readonly<Record<string, unknown>>): readonly (readonly ['jti' | 'sid', string])[] {
  return [...(isText(jti) ? [['jti', jti] as const] : []), ...(isText(sid) ? [['sid', sid] as const] : [])];
}

/** A finite JSON number (RFC 7519 §2, NumericDate). A string of digits is not one; 1e999 is not finite. */
function requiredTime(claims: JsonObject, name: 'exp' | 'iat' | 'nbf'): number {
  const value = claims[name];
  if (value === undefined) throw refuseToken(`${name}_missing`);
  if (typeof value !== 'number' || !Number.isFinite(value)) throw refuseToken(`${name}_not_a_number`);
  return value;
}

/** RFC 7519 §4.1.1: one string. A list of issuers would let one of them speak for the others. */
export function checkIssuer(iss: unknown, expected: readonly string[] | undefined): void {
  if (iss !== undefined && typeof iss !== 'string') throw refuseToken('issuer_not_a_string');
  if (expected === undefined) return;
  if (iss === undefined) throw refuseToken('issuer_missing');
  if (!expected.includes(iss)) throw refuseToken('issuer_not_accepted');
}

/** RFC 7519 §4.1.3: one string or a list of strings, one of which is us. */
export function checkAudience(aud: unknown, expected: readonly string[] | undefined): void {
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
