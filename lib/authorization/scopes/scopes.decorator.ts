/** Which scopes must the credential carry? */

import { annotation, requirement, type RouteDecorator } from '../../core/route.js';

export const SCOPES = annotation<readonly string[]>('scopes');

/** RFC 6749 §3.3: printable ASCII without space, quote and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * Lets in credentials that carry every one of the scopes (RFC 6750 §3.1).
 *
 * @throws TypeError when no scope is named, or one is not a scope token of RFC 6749 §3.3.
 *
 * @example
 * @Scopes('reports:read')
 */
export function Scopes(...scopes: readonly string[]): RouteDecorator {
  if (scopes.length === 0 || scopes.some((scope) => typeof scope !== 'string' || !SCOPE_TOKEN.test(scope))) {
    throw new TypeError("@Scopes() needs the names of scopes, e.g. @Scopes('reports:read').");
  }
  return requirement(SCOPES, Object.freeze([...scopes]));
}
