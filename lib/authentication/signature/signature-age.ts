/** Is a signature of now? */

import { refuseSignature } from './signature-refusal.js';

/**
 * @param created Unix time, in seconds. Undefined: the signature does not say.
 * @returns until when the message could be sent again, in milliseconds since the epoch.
 * @throws SecurityError when it is too old, or from the future.
 */
export function checkAge(created: number | undefined, maxAgeMs: number, nowMs: number): number {
  if (created === undefined) {
    if (maxAgeMs === Infinity) return Infinity;
    throw refuseSignature('not_covered: created');
  }
  if (nowMs - created * 1000 > maxAgeMs) throw refuseSignature('signature_too_old');
  if (created * 1000 - nowMs > maxAgeMs) throw refuseSignature('signature_from_the_future');
  return created * 1000 + maxAgeMs + 1;
}
