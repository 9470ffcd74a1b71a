/** A fetch that signs: so that a client is three lines. */

import { checkKeys, checkPositiveInteger, optionError } from '../../core/checks.js';
import { systemClock } from '../../core/clock.js';
import { refuseForHmac } from './hmac.signer.js';
import { requestSigner, SIGNER_OPTIONS, type RequestSignerOptions } from './request-signer.js';

export interface SignedFetchOptions extends RequestSignerOptions {
  /** How long a signature is good, in seconds: `expires` of RFC 9421. Default: as long as the other side says. */
  readonly expiresIn?: number;
  /** What sends the request. Default: the global fetch. */
  readonly fetch?: typeof fetch;
}

/**
 * Signs each request and sends it. Redirects are refused unless `redirect` says otherwise: a signature is for one target.
 * A `Request` that says `manual` keeps that; `follow` is what it says when nobody asked, so it has to stand beside it.
 * A string as the body is `text/plain`, as with any fetch: name the `content-type` of what you send.
 *
 * @throws TypeError naming option and fix: here, for the key and the options; a request that cannot be signed rejects.
 * @example
 * const send = signedFetch({ key: process.env.SHOP_WEBHOOK_SECRET!, keyId: 'shop' });
 * const headers = { 'content-type': 'application/json' };
 * await send('https://api.example.com/webhooks/payments', { method: 'POST', headers, body: JSON.stringify(event) });
 */
export function signedFetch(options: SignedFetchOptions): typeof fetch {
  checkKeys('signedFetch', options ?? null, [...SIGNER_OPTIONS, 'expiresIn', 'fetch']);
  const { expiresIn, fetch: send = fetch } = options;
  if (typeof send !== 'function') throw optionError('signedFetch.fetch', send, 'is no function', 'Leave it out.');
  if (expiresIn !== undefined) checkPositiveInteger('signedFetch.expiresIn', expiresIn, 'Use seconds, e.g. 60.');
  const sign = requestSigner('signedFetch', options);
  if (options.profile === 'hmac') refuseForHmac('signedFetch', { expiresIn });

  return async function sendSigned(input, init) {
    // The platform reads what it was given, a stream or a form too; what is signed is what it would send.
    const request = new Request(input, init);
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const headers = sign(
      { method: request.method, url: request.url, headers: request.headers, body },
      expiresIn === undefined ? {} : expiresAfter(expiresIn),
    );
    const { method, signal } = request;
    const redirect = init?.redirect ?? (request.redirect === 'follow' ? 'error' : request.redirect);
    return send(request.url.split('#', 1)[0]!, { ...init, method, headers, signal, redirect, ...(body && { body }) });
  };
}

function expiresAfter(seconds: number): { created: number; expires: number } {
  const created = Math.floor(systemClock.now() / 1000);
  return { created, expires: created + seconds };
}
