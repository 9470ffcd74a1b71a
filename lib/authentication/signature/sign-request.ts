/** Signs a request, in either profile, so that the other side can tell who sent it and that nothing was changed. */

import { checkKeys } from '../../core/checks.js';
import { requestSigner, SIGNER_OPTIONS, type RequestSignerOptions } from './request-signer.js';
import type { SignableRequest } from './signed-message.js';
import type { SigningMoment } from './signing-moment.js';

export interface SignRequestOptions extends RequestSignerOptions, SigningMoment {}

const KEYS = [...SIGNER_OPTIONS, 'created', 'expires', 'nonce'];

/**
 * The headers to send: those that were given, and the signature. `Content-Digest` is added where RFC 9421 covers it, and put
 * right where it is of another body. A signature by the same key among them is replaced. Sign anew for each try.
 *
 * @throws TypeError naming option and fix; also for a component that is not in the request.
 * @example
 * const headers = signRequest({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body }, { key, keyId });
 */
export function signRequest(request: SignableRequest, options: SignRequestOptions): Record<string, string> {
  checkKeys('signRequest', options ?? null, KEYS);
  return requestSigner('signRequest', options)(request, options);
}
