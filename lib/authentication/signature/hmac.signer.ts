/** Signs requests with one secret in the HMAC profile: one `X-Signature` header. */

import { optionError } from '../../core/checks.js';
import { fitsHmacHeader, formatHmacHeader, HMAC_HEADER, hmacBase } from './hmac-profile.js';
import { signBytes } from './request-algorithm.js';
import type { RequestSigner, SigningKey } from './request-signer.js';
import { SignedHeaders } from './signed-headers.js';
import { readMessage } from './signed-message.js';
import { checkWritable, createdOf, nonceOf, orMistake } from './signing-moment.js';

const QUERY_FIX = 'Encode the query as UTF-8, and put the values of a repeated name in sorted order.';

/** @throws TypeError naming option and fix. */
export function hmacSigner(where: string, { keyId, alg, keyObject }: SigningKey): RequestSigner {
  if (alg !== 'hmac-sha256') {
    throw optionError(`${where}.alg`, alg, 'is not for the HMAC profile', 'Give a shared secret.');
  }
  checkWritable(`${where}.keyId`, keyId, fitsHmacHeader);

  return function signHmac(request, moment) {
    refuseForHmac(where, { expires: moment.expires });
    const created = createdOf(where, moment);
    const nonce = nonceOf(where, moment, fitsHmacHeader);
    const headers = new SignedHeaders(where, request.headers);
    const base = orMistake(
      () => hmacBase(readMessage(request), String(created), nonce),
      (reason) => new TypeError(`request.url: cannot be signed in the HMAC profile (${reason}). ${QUERY_FIX}`),
    );
    headers.set(HMAC_HEADER, formatHmacHeader(created, nonce, keyId, signBytes(alg, keyObject, base)));
    return headers.record();
  };
}

/** @throws TypeError for what the HMAC profile has no place for: silence would be a promise. */
export function refuseForHmac(where: string, options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw new TypeError(
      `${where}.${name}: means nothing in the HMAC profile. Take it away, or use profile: 'rfc9421'.`,
    );
  }
}
