/** Where is the API key of a request? In `X-API-Key` or `Authorization: ApiKey`, exactly once, and nowhere else. */

import { SecurityError } from '../../core/errors.js';
import { rawRequest, type HttpRequest } from '../../core/transport.js';
import { NO_CREDENTIAL, type NoCredential } from '../credential-scheme.js';
import { countOf } from '../jwt/bearer-token.js';
import { refuseKey } from './api-key.verifier.js';

const HEADER = 'x-api-key';
const NAMED = /^apikey(?![\w-])/i;
const AUTHORIZATION = /^apikey ([^\s,]+)$/i;

/** A key of ours as the value of a query parameter, whatever that is called. */
const IN_QUERY = /[?&][^=&]*=bwk(?:_|%5f)/i;

/** Is there one, good or not? */
export function presentsApiKey({ headers }: HttpRequest): boolean {
  return Boolean(headers[HEADER]) || (headers.authorization !== undefined && NAMED.test(headers.authorization));
}

/** Is there one that can be nothing but a key of ours? */
export function presentsOwnApiKey({ headers }: HttpRequest): boolean {
  const inHeader = headers[HEADER];
  if (inHeader !== undefined && String(inHeader).startsWith('bwk_')) return true;
  return headers.authorization !== undefined && NAMED.test(headers.authorization);
}

/**
 * @throws SecurityError `invalid_request` for a key in two places, `invalid_token` for one in the query or a header that
 * starts like a key and is none.
 */
export function apiKeyOf(request: HttpRequest): string | NoCredential {
  const { authorization } = request.headers;
  const inHeader = request.headers[HEADER];
  const isNamed = authorization !== undefined && NAMED.test(authorization);
  const isInQuery = IN_QUERY.test(request.originalUrl ?? request.url);
  if (!inHeader && !isNamed) {
    // In logs and histories already (ASVS 14.2.1): refused, so that nobody builds on it.
    if (isInQuery) throw refuseKey('api_key_in_query');
    return NO_CREDENTIAL;
  }
  if (inHeader && isNamed) throw twoKeys('two_api_keys');
  if (isInQuery) throw twoKeys('api_key_in_header_and_query');
  // Node joins two of one and keeps the first of the other; a proxy in front may have judged the one we do not see.
  if (countOf(rawRequest(request).rawHeaders ?? [], inHeader ? HEADER : 'authorization') > 1) {
    throw twoKeys('two_api_key_headers');
  }
  if (inHeader) return String(inHeader);
  const key = AUTHORIZATION.exec(authorization!)?.[1];
  if (key === undefined) throw refuseKey('malformed_authorization');
  return key;
}

function twoKeys(reason: string): SecurityError {
  return new SecurityError('invalid_request', { reason, headers: { 'WWW-Authenticate': 'ApiKey' } });
}
