/** Who is it that a rule is asked about? Nobody is a 401, whatever the rule. */

import type { Call } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';

/** The caller, or a 401: a rule about callers cannot hold for nobody, whatever guards the app has left out. */
export function callerOf(call: Call): Principal {
  if (call.principal !== undefined) return call.principal;
  throw new SecurityError('unauthenticated', {
    reason: 'no_principal',
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
