/** What does a caller ask for? The two arguments of `fetch`, read once, checked, and made ready to be asked again elsewhere. */

import { OutboundError } from './outbound-error.js';
import { isConnectionHeader, isHeaderValue } from './sendable-headers.js';
import { sentBodyOf, type SentBody } from './sent-body.js';
import { checkUrl, type UrlPolicy } from './url-policy.js';

export interface SafeRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: SentBody | null;
  readonly redirect: 'follow' | 'error' | 'manual';
  readonly signal: AbortSignal | undefined;
}

type Input = Parameters<typeof fetch>[0];
type Init = NonNullable<Parameters<typeof fetch>[1]>;

/**
 * Of the init, `method`, `headers`, `body`, `redirect` and `signal` are read. `mode`, `credentials`, `cache`, `referrer` and
 * their like speak to browsers and change nothing here.
 *
 * @throws OutboundError for a URL or a header that is refused, TypeError for what the Fetch standard refuses.
 */
export function completeRequest(input: Input, init: Init = {}, policy: UrlPolicy): SafeRequest {
  const given: Partial<Request> = isRequest(input) ? input : {};
  const url = checkUrl(isRequest(input) ? input.url : input instanceof URL ? input : String(input), policy);
  // Dropped in silence, each of these would take away a check or a rule that the caller counts on.
  if ('dispatcher' in init && init.dispatcher)
    throw new TypeError('A safe fetch has its own dispatcher: leave it out.');
  if (init.integrity || given.integrity) throw new TypeError('A safe fetch does not check `integrity`: leave it out.');

  const method = methodOf(init.method ?? given.method ?? 'GET');
  const headers = checkedHeaders(init.headers ?? given.headers);
  const body = sentBodyOf(init.body === undefined ? bodyOfRequest(given) : init.body);
  if (body !== null && (method === 'GET' || method === 'HEAD')) throw new TypeError(`${method} has no body.`);
  if (body?.type !== undefined && !headers.has('content-type')) headers.set('content-type', body.type);
  return {
    url,
    method,
    headers,
    body,
    redirect: redirectOf(init.redirect ?? given.redirect ?? 'follow'),
    // A Request always has a signal; `null` is how an init leaves it out.
    signal: (init.signal === undefined ? given.signal : init.signal) ?? undefined,
  };
}

/** By its shape: Node's own Request and that of a package are different classes. */
function isRequest(input: Input): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input && 'method' in input && 'headers' in input;
}

/** Fetch standard, "forbidden method" and "normalize a method". */
function methodOf(method: string): string {
  const upper = String(method).toUpperCase();
  if (!/^[!#$%&'*+.^`|~\w-]+$/.test(upper) || ['CONNECT', 'TRACE', 'TRACK'].includes(upper)) {
    throw new TypeError('This method is not for `fetch`.');
  }
  return ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : String(method);
}

function redirectOf(mode: string): SafeRequest['redirect'] {
  if (mode === 'follow' || mode === 'error' || mode === 'manual') return mode;
  throw new TypeError('`redirect` is "follow", "error" or "manual".');
}

function checkedHeaders(given: Init['headers']): Headers {
  const headers = new Headers(given);
  if (given === undefined) return headers;
  for (const [name, value] of headers) {
    if (isConnectionHeader(name)) {
      throw new OutboundError('header_refused', `${name} is not for the caller to set`);
    }
    if (!isHeaderValue(value)) throw new OutboundError('header_refused', `${name} holds what no header can`);
  }
  return headers;
}

function bodyOfRequest({ body, bodyUsed }: Partial<Request>): Init['body'] {
  if (bodyUsed) throw new TypeError('The body of this Request has been read already.');
  return body ?? null;
}
