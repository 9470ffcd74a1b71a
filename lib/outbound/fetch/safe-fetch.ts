/** Fetches what may be fetched: public addresses only, judged where they are dialled, within bounds of time and size. */

import type { FetchEngine } from './fetch-engine.js';
import { completeSafeFetch, type SafeFetchOptions, type SafeFetchSettings } from './safe-fetch.options.js';

/**
 * A `fetch` for URLs that somebody else has written. It has the standard signature and answers with a standard `Response`;
 * what it does not do fails with an `OutboundError`.
 *
 * - Every address is judged at the moment it is dialled, the very one that is dialled: a name that points somewhere else a
 *   second later gains nothing. Private, local, reserved and metadata addresses are refused, and so is an answer of the DNS
 *   that holds one of them.
 * - Every redirect is judged like the first URL, https never becomes http, and headers of the caller stay with their origin.
 * - `timeoutMs` covers everything from the look-up to the last byte, `maxBytes` the body before and after decompression.
 * - Nothing ambient: no cookies, no `HTTP_PROXY`, no global dispatcher, no `NODE_TLS_REJECT_UNAUTHORIZED`.
 *
 * ASVS 5.0 1.3.6 and 13.2.4, OWASP API7:2023.
 *
 * @example
 * const safeFetch = createSafeFetch({ redirects: 3, contentTypes: ['text/html'] });
 * const response = await safeFetch(url);
 * @throws TypeError for options that cannot be meant.
 */
export function createSafeFetch(options?: SafeFetchOptions): typeof fetch {
  return safeFetchOf('createSafeFetch', options);
}

/** The same for options that stand somewhere else: messages name the place. */
export function safeFetchOf(
  option: string,
  options?: SafeFetchOptions,
  more?: { readonly bodyWanted?: boolean },
): typeof fetch {
  const settings = completeSafeFetch(option, options, more);
  let engine: FetchEngine | undefined;
  let loading: Promise<FetchEngine> | undefined;
  return async function safeFetch(input, init) {
    engine ??= await (loading ??= loadEngine(settings));
    return engine.fetch(input, init);
  };
}

/** With the first request: an app that fetches nothing does not wait for the HTTP client when it starts. */
async function loadEngine(settings: SafeFetchSettings): Promise<FetchEngine> {
  const { FetchEngine } = await import('./fetch-engine.js');
  return new FetchEngine(settings);
}
