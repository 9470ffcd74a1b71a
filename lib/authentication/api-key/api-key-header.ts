/** Where is the API key of a request? In its header or in `Authorization: ApiKey`, exactly once, and nowhere else. */

import { SecurityError } from '../../core/errors.js';
import { rawRequest, type HttpRequest } from '../../core/transport.js';
import { NO_CREDENTIAL, type NoCredential } from '../credential-scheme.js';
import { countOf } from '../jwt/bearer-token.js';
import { refuseKey } from './api-key-refusal.js';

const NAMED = /^apikey(?![\w-])/i;
const AUTHORIZATION = /^apikey ([^\s,]+)$/i;

/** How a key of ours begins in a query, letters escaped or not. */
const IN_QUERY = /^(?:b|%62)(?:w|%77)(?:k|%6b)(?:_|%5f)/i;

/** In a header that was sent more than once: Node joins them. */
const AMONG_OTHERS = /(?:^|,[ \t]*)bwk_/;

/** Is there one, good or not? */
export function presentsApiKey({ headers }: HttpRequest, header: string): boolean {
  return Boolean(headers[header]) || (headers.authorization !== undefined && NAMED.test(headers.authorization));
}

/** Is there one that can be nothing but a key of ours? */
export function presentsOwnApiKey({ headers }: HttpRequest, header: string): boolean {
  const inHeader = headers[header];
  if (inHeader !== undefined && AMONG_OTHERS.test(String(inHeader))) return true;
  return headers.authorization !== undefined && NAMED.test(headers.authorization);
}

/**
 * @param header The one that keys come in, in lower case.
 * @throws SecurityError `invalid_request` for a key in two places, `invalid_token` for one in the query or a header that
 * starts like a key and is none.
 */
export function apiKeyOf(request: HttpRequest, header: string): string | NoCredential {
  const { authorization } = request.headers;
  const inHeader = request.headers[header];
  const isNamed = authorization !== undefined && NAMED.test(authorization);
  const isInQuery = holdsKey(request.originalUrl ?? request.url);
  if (!inHeader && !isNamed) {
    // In logs and histories already (ASVS 14.2.1): refused, so that nobody builds on it.
    if (isInQuery) throw refuseKey('api_key_in_query');
    return NO_CREDENTIAL;
  }
  if (inHeader && isNamed) throw twoKeys('two_api_keys');
  if (isInQuery) throw twoKeys('api_key_in_header_and_query');
  // Node joins two of one and keeps the first of the other; a proxy in front may have judged the one we do not see.
  if (countOf(rawRequest(request).rawHeaders ?? [], inHeader ? header : 'authorization') > 1) {
    throw twoKeys('two_api_key_headers');
  }
  if (inHeader) return String(inHeader);
  const key = AUTHORIZATION.exec(authorization!)?.[1];
  if (key === undefined) throw refuseKey('malformed_authorization');
  return key;
}

/** As a value, whatever the parameter is called, or as a name. Read from front to back, once: nobody has proved anything yet. */
function holdsKey(target: string): boolean {
  const start = target.indexOf('?');
  if (start === -1) return false;
  for (const pair of target.slice(start + 1).split('&')) {
    if (IN_QUERY.test(pair) || IN_QUERY.test(pair.slice(pair.indexOf('=') + 1))) return true;
  }
  return false;
}

function twoKeys(reason: string): SecurityError {
  return new SecurityError('invalid_request', { reason, headers: { 'WWW-Authenticate': 'ApiKey' } });
}
