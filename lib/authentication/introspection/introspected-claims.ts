/** Does the answer of an introspection endpoint make somebody a caller here, now (RFC 7662 §2.2)? */

import { createPrincipal } from '../../core/principal.js';
import {
  checkAudience,
  checkIssuer,
  marksOf,
  notAnAccessToken,
  readingOf,
  type VerifiedClaims,
} from '../jwt/access-claims.js';
import type { JsonObject } from '../jwt/strict-json.js';
import { refuseToken } from '../jwt/token-refusal.js';
import type { IntrospectionSettings } from './introspection.options.js';

/**
 * Judges what the provider said of a token.
 *
 * @param id What the token is revoked by where the provider gives it no `jti`.
 * @throws SecurityError `invalid_token`
 */
export function judgeIntrospection(
  answer: JsonObject,
  settings: IntrospectionSettings,
  nowMs: number,
  id: string,
): VerifiedClaims {
  // Nothing but `true`: whatever else it may mean, it is not a yes.
  if (answer.active !== true) throw refuseToken('token_inactive');
  const { toleranceMs, cacheForMs, read, issuer } = settings;
  const exp = timeOf(answer, 'exp');
  const nbf = timeOf(answer, 'nbf');
  if (exp !== undefined && nowMs >= exp * 1000 + toleranceMs) throw refuseToken('token_expired');
  if (nbf !== undefined && nowMs < nbf * 1000 - toleranceMs) throw refuseToken('token_not_yet_valid');
  checkIssuer(answer.iss, answer.iss === undefined || issuer === undefined ? undefined : [issuer]);
  checkAudience(answer.aud, settings.audience);
  const foreign = notAnAccessToken(answer) ?? wrongKind(answer, settings.allowMissingTokenType);
  if (foreign !== undefined) throw refuseToken(foreign);
  const principal = createPrincipal({
    ...readingOf(answer, read),
    scheme: 'introspection',
    credentialId: id,
    ...marksOf(answer, read.prefix),
    ...(exp !== undefined && { expiresAtMs: exp * 1000 }),
    claims: answer,
  });
  const untilMs = exp === undefined ? Infinity : exp * 1000 + toleranceMs;
  return {
    principal,
    // The answer is good for a while, the token at most until it expires. A clock that stepped back ends it, too.
    validity: { fromMs: nowMs, expiresMs: Math.min(untilMs, nowMs + cacheForMs), staleAfterMs: Infinity },
  };
}

function timeOf(answer: JsonObject, name: 'exp' | 'nbf'): number | undefined {
  const value = answer[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw refuseToken(`${name}_not_a_number`);
}

const KINDS = new Set(['bearer', 'dpop']);

/** An endpoint says `active` of refresh tokens too (RFC 7662 §2.1): those have no token type. */
function wrongKind({ token_type: type, typ }: JsonObject, allowMissing: boolean): string | undefined {
  const kind = type ?? typ;
  if (kind === undefined) return allowMissing ? undefined : 'token_type_missing';
  return typeof kind === 'string' && KINDS.has(kind.toLowerCase()) ? undefined : 'token_type_not_allowed';
}
