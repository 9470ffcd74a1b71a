/** How does an answer become a standard `Response` that knows where it came from? */

import type { ReadableStream } from 'node:stream/web';
import type { AnswerHead } from './exchange.js';

/** Node's own `Response`, as `fetch` would answer it, of what came over the wire. */
export function safeResponse(
  { status, statusText, headers }: AnswerHead,
  body: ReadableStream<Uint8Array> | null,
  url: URL,
  redirected: boolean,
): Response {
  const response = new Response(body as ConstructorParameters<typeof Response>[0], { status, statusText, headers });
  // Fetch standard: without the fragment.
  return placed(response, url.href.split('#', 1)[0]!, redirected);
}

/** A `Response` that somebody has made says nothing of its place, and has no way of being told. */
function placed(response: Response, url: string, redirected: boolean): Response {
  return Object.defineProperties(response, {
    url: { value: url },
    redirected: { value: redirected },
    type: { value: 'basic' },
    clone: { value: () => placed(Response.prototype.clone.call(response), url, redirected) },
  });
}
