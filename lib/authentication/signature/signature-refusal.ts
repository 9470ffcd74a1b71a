/** How a broken signature is refused: to the client always the same words, to the log the exact cause. */

import { SecurityError } from '../../core/errors.js';

const CHALLENGE = Object.freeze({ 'WWW-Authenticate': 'Signature' });

export function refuseSignature(reason: string, cause?: unknown): SecurityError {
  return new SecurityError('invalid_token', { reason, headers: CHALLENGE, cause });
}
