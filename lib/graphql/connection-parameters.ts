/** Which token did a client send when its GraphQL connection began? A browser can set no header before. */

import type { HttpRequest } from '../core/transport.js';
import { refused, several } from '../sockets/handshake-credential.js';

/**
 * The request that opened the connection, with the token where REST has it, so that the same checks read it.
 *
 * @throws SecurityError for one that is no text, and where a header names somebody already.
 */
export function withParameters(request: HttpRequest, params: unknown): HttpRequest {
  const named = authorizationOf(params);
  if (named === undefined) return request;
  if (request.headers.authorization !== undefined) throw several('token_in_header_and_parameters');
  return withHeaders(request, { ...request.headers, authorization: named });
}

/** A view of it: what came over the wire is nobody's to change. */
export function withHeaders(request: HttpRequest, headers: HttpRequest['headers']): HttpRequest {
  return Object.create(request, { headers: { value: headers } }) as HttpRequest;
}

function authorizationOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const names = ['authorization', 'Authorization'].filter((name) => Object.hasOwn(params, name));
  const given = names.map((name) => (params as Record<string, unknown>)[name]).filter(isThere);
  if (given.length > 1) throw several('two_authorization_parameters');
  const [token] = given;
  if (token === undefined) return undefined;
  if (typeof token !== 'string') throw refused('authorization_not_text');
  return token;
}

/** Clients of nobody in particular send an empty one. */
function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
