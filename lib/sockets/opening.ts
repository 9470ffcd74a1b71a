/** Who opened a connection, as far as can be told from its first request? Outlives the socket, whose address does not. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Handshake } from '../core/handshake.js';

export interface Opening {
  /** The path that it was opened on, with the namespace: `/chat`. */
  readonly place: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: IncomingMessage['socket'];
  readonly handshake: Handshake;
}

export function openingOf(request: IncomingMessage, place: string): Opening {
  const { 'idempotency-key': _, ...headers } = request.headers;
  const handshake = new Handshake(request.method ?? 'GET', request.url ?? '');
  return Object.freeze({ place, headers, rawHeaders: request.rawHeaders, socket: keptOf(request.socket), handshake });
}

/** The same with a token that came later, when a namespace was joined. */
export function withToken(opening: Opening, token: string): Opening {
  return Object.freeze({ ...opening, headers: { ...opening.headers, authorization: `Bearer ${token}` } });
}

/** What is asked of a socket: where it comes from, whether it is encrypted, and with which certificate (RFC 8705). */
function keptOf(socket: IncomingMessage['socket']): IncomingMessage['socket'] {
  const { remoteAddress } = socket;
  const { encrypted } = socket as Partial<TLSSocket>;
  const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.();
  const kept = { remoteAddress, encrypted, getPeerX509Certificate: () => certificate };
  return kept as unknown as IncomingMessage['socket'];
}
