/** How is a broken proof refused? To the client always the same words (RFC 9449 §7.1), to the log the exact cause. */

import { SecurityError } from '../../core/errors.js';

const BROKEN_PROOF = Object.freeze({ 'WWW-Authenticate': 'DPoP error="invalid_dpop_proof"' });

export function refuseProof(reason: string, cause?: unknown): SecurityError {
  return new SecurityError('invalid_token', { reason, headers: BROKEN_PROOF, cause });
}

/**
 * RFC 9449 §9: the proof holds but for its nonce, so send another one with this. Not `invalid_token`: a client that did nothing
 * wrong is not to be charged for a credential that did not hold.
 */
export function askForNonce(reason: string, nonce: string): SecurityError {
  const headers = { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce"', 'DPoP-Nonce': nonce };
  return new SecurityError('unauthenticated', { reason, headers });
}
