/** How is a call refused that came too often? */

import type { Call } from '../core/call.js';
import { SecurityError } from '../core/errors.js';

/**
 * `Retry-After` in plain whole seconds (RFC 9110 §10.2.3), rounded up and at least 1. It is set on the response as well,
 * so that clients get it even where the app's own exception filter answers.
 */
export function refuse(call: Call, waitMs: number, violated: readonly string[], reason: string): SecurityError {
  const retryAfter = String(Math.max(1, Math.ceil(waitMs / 1000)));
  call.setHeader('Retry-After', retryAfter);
  return new SecurityError('rate_limited', {
    reason: `${reason}: ${violated.join(', ')}`,
    headers: { 'Retry-After': retryAfter },
    // draft-ietf-httpapi-ratelimit-headers-10, problem type quota-exceeded.
    extensions: { 'violated-policies': violated },
  });
}
