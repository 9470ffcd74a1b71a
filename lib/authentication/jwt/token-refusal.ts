/** How a broken token is refused: to the client always the same words, to the log the exact cause. */

import { SecurityError } from '../../core/errors.js';

/** RFC 6750 §3.1. No `error_description`: it would tell an attacker how far a forgery came. */
const CHALLENGE = Object.freeze({ 'WWW-Authenticate': 'Bearer error="invalid_token"' });

export function refuseToken(reason: string, cause?: unknown): SecurityError {
  return new SecurityError('invalid_token', { reason, headers: CHALLENGE, cause });
}
