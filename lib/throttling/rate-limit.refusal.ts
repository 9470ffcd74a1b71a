/** How is a call refused that came too often? */

import type { Call } from '../core/call.js';
import { SecurityError } from '../core/errors.js';

/**
 * `Retry-After` in plain whole seconds (RFC 9110 §10.2.3), rounded up and at least 1. It is set on the response as well,
 * so that clients get it even where the app's own exception filter answers.
 */
export function refuse(call: Call, waitMs: number, violated: readonly string[], reason: string): SecurityError {
  const refusal = tooMany(waitMs, violated, reason);
  for (const [name, value] of Object.entries(refusal.headers)) call.setHeader(name, value);
  return refusal;
}

/** The same for requests that no call has been made of yet. */
export function tooMany(waitMs: number, violated: readonly string[], reason: string): SecurityError {
  return new SecurityError('rate_limited', {
    reason: `${reason}: ${violated.join(', ')}`,
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) },
    // draft-ietf-httpapi-ratelimit-headers-10, problem type quota-exceeded.
    extensions: { 'violated-policies': violated },
  });
}

/**
 * Of a call that costs more than a full bucket holds: no waiting would help, so that nothing is said of it. The client has to ask for
 * less.
 */
export function tooDear(cost: number, capacity: number, bucket: string): SecurityError {
  return new SecurityError('invalid_request', {
    reason: `cost_over_bucket: ${bucket}`,
    extensions: { detail: `This costs ${cost}, and you may spend at most ${capacity} at once.` },
  });
}
