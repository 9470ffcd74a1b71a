/** How authorization says no. One shape for roles, scopes and policies, so that a refusal never tells which rule it was. */

import { SecurityError } from '../core/errors.js';

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
