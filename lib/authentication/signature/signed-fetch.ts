/** A fetch that signs: so that a client is three lines. */

import { systemClock } from '../../core/clock.js';
import { signRequest, type SignRequestOptions } from './sign-request.js';

export interface SignedFetchOptions extends Omit<SignRequestOptions, 'created' | 'expires' | 'nonce'> {
  /** How long a signature is good, in seconds: `expires` of RFC 9421. Default: as long as the other side says. */
  readonly expiresIn?: number;
  /** What sends the request. Default: the global fetch. */
  readonly fetch?: typeof fetch;
}

/**
 * Signs each request and sends it. Redirects are refused unless `redirect` says otherwise: a signature is for one target.
 *
 * @example
 * const send = signedFetch({ key: process.env.SHOP_WEBHOOK_SECRET!, keyId: 'shop' });
 * await send('https://api.example.com/webhooks/payments', { method: 'POST', body: JSON.stringify(event) });
 */
export function signedFetch(options: SignedFetchOptions): typeof fetch {
  const { expiresIn, fetch: send = fetch, ...signing } = options;
  return async function sendSigned(input, init) {
    // The platform reads what it was given, a stream or a form too; what is signed is what it would send.
    const request = new Request(input, init);
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const headers = signRequest(
      { method: request.method, url: request.url, headers: request.headers, body },
      { ...signing, ...(expiresIn !== undefined && expiresAfter(expiresIn)) },
    );
    const { method, signal } = request;
    const redirect = init?.redirect ?? 'error';
    return send(request.url.split('#', 1)[0]!, { ...init, method, headers, signal, redirect, ...(body && { body }) });
  };
}

function expiresAfter(seconds: number): { created: number; expires: number } {
  const created = Math.floor(systemClock.now() / 1000);
  return { created, expires: created + seconds };
}
