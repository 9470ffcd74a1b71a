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
 * @param seen What the token is revoked by where the provider gives it no `jti`, and since when it is known here.
 * @throws SecurityError `invalid_token`
 */
export function judgeIntrospection(
  answer: JsonObject,
  settings: IntrospectionSettings,
  nowMs: number,
  seen: { readonly id: string; readonly sinceMs: () => number },
): VerifiedClaims {
  // Nothing but `true`: whatever else it may mean, it is not a yes.
  if (answer.active !== true) throw refuseToken('token_inactive');
  const { toleranceMs, cacheForMs, maxTokenAgeMs, read, issuer } = settings;
  const exp = timeOf(answer, 'exp');
  const nbf = timeOf(answer, 'nbf');
  const iat = timeOf(answer, 'iat');
  if (exp !== undefined && nowMs >= exp * 1000 + toleranceMs) throw refuseToken('token_expired');
  if (nowMs < Math.max(nbf ?? -Infinity, iat ?? -Infinity) * 1000 - toleranceMs)
    throw refuseToken('token_not_yet_valid');
  checkIssuer(answer.iss, answer.iss === undefined || issuer === undefined ? undefined : [issuer]);
  checkAudience(answer.aud, settings.audience);
  const foreign = notAnAccessToken(answer) ?? wrongKind(answer, settings.allowMissingTokenType);
  if (foreign !== undefined) throw refuseToken(foreign);
  // Nobody could say how long a revocation of it has to be remembered.
  if (iat === undefined && !settings.allowUndated) throw refuseToken('iat_missing');
  const staleAfterMs = (iat === undefined ? seen.sinceMs() : iat * 1000) + maxTokenAgeMs + toleranceMs;
  if (nowMs > staleAfterMs) throw refuseToken('token_too_old');
  const principal = createPrincipal({
    ...readingOf(answer, read),
    scheme: 'introspection',
    credentialId: seen.id,
    ...marksOf(answer, read.prefix),
    ...(exp !== undefined && { expiresAtMs: exp * 1000 }),
    claims: answer,
  });
  // The answer is good for a while, and never after `exp`: the tolerance is the provider's, who is asked again then. A clock
  // that stepped back ends it, too.
  const expiresMs = Math.min((exp ?? Infinity) * 1000, nowMs + cacheForMs);
  return { principal, validity: { fromMs: nowMs, expiresMs, staleAfterMs } };
}

function timeOf(answer: JsonObject, name: 'exp' | 'nbf' | 'iat'): number | undefined {
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
