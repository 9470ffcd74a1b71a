/** How authorization says no. One shape for roles, scopes and policies, so that a refusal never tells which rule it was. */

import type { Call } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';

// RFC 6750 §3: a 403 carries a challenge too. §3.1: insufficient_scope is the code for "known, but not allowed".
const CHALLENGE = 'Bearer error="insufficient_scope"';

export function forbidden(
  reason: string,
  options: { scopes?: readonly string[]; cause?: unknown } = {},
): SecurityError {
  const { scopes, cause } = options;
  return new SecurityError(scopes ? 'insufficient_scope' : 'forbidden', {
    reason,
    cause,
    headers: { 'WWW-Authenticate': scopes ? `${CHALLENGE}, scope="${scopes.join(' ')}"` : CHALLENGE },
  });
}

/** The caller, or a 401: a rule about callers cannot hold for nobody, whatever guards the app has left out. */
export function callerOf(call: Call): Principal {
  if (call.principal !== undefined) return call.principal;
  throw new SecurityError('unauthenticated', {
    reason: 'no_principal',
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
