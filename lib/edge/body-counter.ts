/** How many bytes did really come? Counts a body whose length nobody declared, before any parser keeps a byte of it. */

import type { IncomingMessage } from 'node:http';

/** What is still read and thrown away after a refusal, so that an honest client gets to read the answer. */
const LINGER_BYTES = 1024 ** 2;

/**
 * Counts what the parser of HTTP pushes into the request. Over the limit, `overflow` is called once, nothing more
 * reaches whoever reads the body, and the connection ends with the body, or a little later for a body without end.
 */
export function countBody(request: IncomingMessage, limit: number, overflow: () => void): void {
  const push = request.push.bind(request);
  let received = 0;
  let refused = false;
  request.push = function pushCounted(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk !== null) received += (chunk as Uint8Array).length;
    if (!refused && received <= limit) return push(chunk, encoding);
    if (!refused) {
      refused = true;
      overflow();
    }
    // Never `push(null)`: a parser must not take the part that it got for the whole.
    if (chunk === null || received > limit + LINGER_BYTES) request.destroy(new Error('The body is too large.'));
    return true;
  };
}
