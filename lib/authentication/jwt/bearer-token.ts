/** Where is the access token of a request? In the Authorization header, once, and nowhere else (RFC 6750 §2.1, RFC 9449 §7.1). */

import { SecurityError } from '../../core/errors.js';
import { rawRequest, type HttpRequest } from '../../core/transport.js';
import { NO_CREDENTIAL, type NoCredential } from '../credential-scheme.js';
import { refuseToken } from './token-refusal.js';

const OTHER_SCHEME: NoCredential = Object.freeze({ missing: 'other_scheme' });

/** RFC 6750 §2.1 `b64token`, after one space. */
const BEARER = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i;

/** RFC 9449 §7.1: `token68`, which is written like `b64token`. */
const BEARER_OR_DPOP = /^(?:bearer|dpop) ([A-Za-z0-9\-._~+/]+=*)$/i;

/** What starts like a bearer token, whatever follows. */
const LIKE_BEARER = /^bearer\b/i;
const LIKE_DPOP = /^dpop\b/i;

/** Is there one, good or not? */
export function presentsBearerToken({ headers: { authorization } }: HttpRequest): boolean {
  return authorization !== undefined && LIKE_BEARER.test(authorization);
}

/** Does the request say that its token is bound to a key, whatever comes of it? */
export function presentsDpopToken({ headers: { authorization } }: HttpRequest): boolean {
  return authorization !== undefined && LIKE_DPOP.test(authorization);
}

/**
 * @param takesDpop Whether `Authorization: DPoP` is understood here. Where it is not, it is another scheme.
 * @throws SecurityError `invalid_request` for a token in two places, `invalid_token` for a header that starts like a
 * bearer token and is none.
 */
export function bearerToken(request: HttpRequest, takesDpop = false): string | NoCredential {
  const { authorization } = request.headers;
  if (!authorization) {
    // Refused on open routes too: a token in a URL is in logs and histories already (ASVS 14.2.1).
    if (hasTokenInQuery(request)) throw refuseToken('token_in_query');
    return NO_CREDENTIAL;
  }
  // Node keeps the first of two; a proxy in front may have judged the other.
  if (countOf(rawRequest(request).rawHeaders ?? [], 'authorization') > 1) throw twoTokens('two_authorization_headers');
  const token = (takesDpop ? BEARER_OR_DPOP : BEARER).exec(authorization)?.[1];
  if (token === undefined) {
    const isLikeOne = LIKE_BEARER.test(authorization) || (takesDpop && LIKE_DPOP.test(authorization));
    if (isLikeOne) throw refuseToken('malformed_authorization');
    return OTHER_SCHEME;
  }
  if (hasTokenInQuery(request)) throw twoTokens('token_in_header_and_query');
  return token;
}

/** RFC 6750 §2: clients must not use more than one method in a request. */
function twoTokens(reason: string): SecurityError {
  return new SecurityError('invalid_request', {
    reason,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_request"' },
  });
}

function hasTokenInQuery(request: HttpRequest): boolean {
  const url = request.originalUrl ?? request.url;
  const start = url.indexOf('?');
  return start !== -1 && new URLSearchParams(url.slice(start + 1)).has('access_token');
}

/** How often a header was sent. Names and values alternate. */
export function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index]!;
    if (sent.length === name.length && sent.toLowerCase() === name) count++;
  }
  return count;
}
