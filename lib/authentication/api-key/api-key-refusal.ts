/** How is a bad key refused? With the same words for every cause; which key it was is for the log only. */

import { SecurityError } from '../../core/errors.js';
import { StoreUnavailableError } from '../../core/store-unavailable.js';

/** No word on what is wrong: it would tell how close a guess came. */
const CHALLENGE = Object.freeze({ 'WWW-Authenticate': 'ApiKey' });

/** @param id The part of the key that names it, where it reads as one: whoever is on call finds the leaked key by it. */
export function refuseKey(reason: string, id?: string): SecurityError {
  return new SecurityError('invalid_token', {
    reason,
    headers: CHALLENGE,
    ...(id !== undefined && { credentialId: id }),
  });
}

export function unreachable(cause: unknown): SecurityError {
  if (cause instanceof StoreUnavailableError) return cause;
  return new SecurityError('unavailable', { reason: 'api_keys_unreachable', cause });
}
