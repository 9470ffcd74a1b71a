/** What do the stages read of a handshake, or of one message? The same that they read of an HTTP request. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { CallInput, HttpRequest } from '../core/transport.js';
import type { Connection } from './connection.js';

/** Who opened a connection, as far as can be told from its first request. Outlives the socket, whose address does not. */
export interface Opening {
  /** The path that it was opened on, with the namespace: `/chat`. */
  readonly place: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: IncomingMessage['socket'];
}

export function openingOf(request: IncomingMessage, place: string): Opening {
  const { remoteAddress } = request.socket;
  const { encrypted } = request.socket as Partial<TLSSocket>;
  const { 'idempotency-key': _, ...headers } = request.headers;
  const socket = { remoteAddress, encrypted } as unknown as IncomingMessage['socket'];
  return Object.freeze({ place, headers, rawHeaders: request.rawHeaders, socket });
}

/** The same with a token that came later, when a namespace was joined. */
export function withToken(opening: Opening, token: string): Opening {
  return Object.freeze({ ...opening, headers: { ...opening.headers, authorization: `Bearer ${token}` } });
}

/** One per message. It goes along with the message, so that all that is asked of it is asked of the same call. */
export class SocketRequest implements HttpRequest {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: IncomingMessage['socket'];
  user: unknown = undefined;

  private constructor(
    readonly method: 'CONNECT' | 'MESSAGE',
    readonly url: string,
    { headers, rawHeaders, socket }: Opening,
    readonly event: string | undefined,
    readonly body: unknown,
    /** Undefined while the connection is being opened. */
    readonly connection: Connection | undefined,
  ) {
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
  }

  static toOpen(opening: Opening): SocketRequest {
    return new SocketRequest('CONNECT', opening.place, opening, undefined, undefined, undefined);
  }

  static forMessage(connection: Connection, event: string, data: unknown): SocketRequest {
    const { opening } = connection;
    return new SocketRequest('MESSAGE', `${opening.place}#${event}`, opening, event, data, connection);
  }

  /** `@OwnedBy({ param })` reads a field of the message, where HTTP has a path parameter. */
  get params(): unknown {
    return this.body;
  }

  get input(): CallInput {
    return { params: this.body, body: this.body, target: `${this.method} ${this.url}` };
  }
}
