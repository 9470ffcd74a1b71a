/** Where does a redirect lead, and what may go along? Fetch standard, "HTTP-redirect fetch", and stricter. */

import type { AnswerHead } from './exchange.js';
import { OutboundError } from './outbound-error.js';
import type { SafeFetchSettings } from './safe-fetch.options.js';
import type { SafeRequest } from './safe-request.js';
import { checkUrl } from './url-policy.js';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * @param followed How many redirects of this call have been followed.
 * @returns The next request; undefined when this answer is the one that the caller gets.
 * @throws OutboundError `redirect_refused`, or what the new URL is refused for.
 */
export function nextRequest(
  request: SafeRequest,
  { status, headers }: Pick<AnswerHead, 'status' | 'headers'>,
  { policy, redirects }: SafeFetchSettings,
  followed: number,
): SafeRequest | undefined {
  const location = REDIRECTS.has(status) ? headers.get('location') : null;
  if (location === null || request.redirect === 'manual') return undefined;
  if (request.redirect === 'error' || followed >= redirects) {
    const why = request.redirect === 'error' ? 'the caller wants none' : `${redirects} are followed at most`;
    throw new OutboundError('redirect_refused', `${request.url.hostname} redirects, and ${why}`);
  }

  const url = checkUrl(targetOf(location, request.url), policy);
  if (request.url.protocol === 'https:' && url.protocol !== 'https:') {
    throw new OutboundError('redirect_refused', `${request.url.hostname} redirects from https to http`);
  }
  const next = withoutBody(status, request.method) ? bodyless(request) : request;
  if (url.origin === request.url.origin) return { ...next, body: replayed(next), url };
  return { ...next, body: nothingFor(url, next), url, headers: travelling(next.headers) };
}

function targetOf(location: string, from: URL): URL {
  // Headers are read as Latin-1; a Location that is not ASCII was meant as UTF-8.
  const text = Buffer.from(location, 'latin1').toString('utf8');
  if (!URL.canParse(text, from.href)) {
    throw new OutboundError('redirect_refused', `${from.hostname} redirects to what is no URL`);
  }
  const url = new URL(text, from);
  if (url.hash === '') url.hash = from.hash;
  return url;
}

function withoutBody(status: number, method: string): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

/** Fetch standard, "request-body-header name". */
const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type'];

function bodyless(request: SafeRequest): SafeRequest {
  const headers = new Headers(request.headers);
  for (const name of BODY_HEADERS) headers.delete(name);
  return { ...request, method: 'GET', body: null, headers };
}

function replayed({ url, body }: SafeRequest): SafeRequest['body'] {
  if (body === null || body.replayable) return body;
  throw new OutboundError('redirect_refused', `${url.hostname} asks for a stream that is spent`);
}

/** A 307 or 308 would hand the body to a host that the caller never named. */
function nothingFor(url: URL, { url: from, body }: SafeRequest): null {
  if (body === null) return null;
  throw new OutboundError('redirect_refused', `${from.hostname} sends the body on to ${url.hostname}`);
}

/**
 * What another origin may see. The Fetch standard takes Authorization out; here only what says nothing of the caller stays,
 * so that no X-Api-Key of any name leaves.
 */
const TRAVELLING = ['accept', 'accept-encoding', 'accept-language', 'cache-control', 'pragma', 'user-agent'];

function travelling(headers: Headers): Headers {
  const kept = new Headers();
  for (const name of TRAVELLING) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}
