/** Where does a client that opens a WebSocket put its credential? In a header; a browser, which can set none, in the subprotocol. */

import type { IncomingMessage } from 'node:http';
import { SecurityError } from '../core/errors.js';

/** The subprotocol whose neighbour is a token: `new WebSocket(url, ['bearer', token])`. */
const BEARER = 'bearer';

/** Names under which people put tokens into URLs. Those are in logs and histories already (RFC 6750 §5.3, ASVS 14.2.1). */
const IN_QUERY = ['access_token', 'token', 'auth_token', 'bearer', 'jwt', 'authorization', 'api_key', 'apikey'];

/**
 * Moves a token from the subprotocols into the header where all schemes look for it, so that no answer and no log shows it.
 * What remains of the list is what the server may choose from; browsers insist on a choice.
 *
 * @throws SecurityError for a token in the URL, in two places, or announced and missing.
 */
export function takeCredential(request: IncomingMessage): void {
  const query = new URLSearchParams(queryOf(request.url ?? ''));
  if (IN_QUERY.some((name) => query.has(name))) throw refused('token_in_query');

  const offered = request.headers['sec-websocket-protocol']?.split(',').map((each) => each.trim()) ?? [];
  const at = offered.findIndex((each) => each.toLowerCase() === BEARER);
  if (at === -1) return;
  const token = offered[at + 1];
  if (token === undefined || token === '') throw refused('bearer_protocol_without_token');
  if (offered.some((each, index) => index !== at && each.toLowerCase() === BEARER))
    throw several('two_bearer_protocols');
  if (request.headers.authorization !== undefined) throw several('token_in_header_and_protocol');
  // The app's own protocols first: the server picks the first one that it may.
  const rest = [...offered.slice(0, at), ...offered.slice(at + 2), offered[at]!];
  setHeader(request, 'sec-websocket-protocol', rest.join(', '));
  request.headers.authorization = `Bearer ${token}`;
}

function setHeader(request: IncomingMessage, name: string, value: string): void {
  request.headers[name] = value;
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]!.toLowerCase() === name) request.rawHeaders[index + 1] = value;
  }
}

function queryOf(url: string): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start + 1);
}

export function refused(reason: string): SecurityError {
  return new SecurityError('invalid_token', {
    reason,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });
}

/** RFC 6750 §2: clients must not use more than one method in a request. */
export function several(reason: string): SecurityError {
  return new SecurityError('invalid_request', {
    reason,
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_request"' },
  });
}
