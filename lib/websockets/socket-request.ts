/** What do the stages read of a handshake, or of one message? The same that they read of an HTTP request. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { HANDSHAKE, type Handshake } from '../core/handshake.js';
import type { CallInput, HttpRequest } from '../core/transport.js';
import type { Opening } from '../sockets/opening.js';
import type { Connection } from './connection.js';

/** One per message. It goes along with the message, so that all that is asked of it is asked of the same call. */
export class SocketRequest implements HttpRequest {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: IncomingMessage['socket'];
  readonly [HANDSHAKE]: Handshake;
  user: unknown = undefined;

  private constructor(
    readonly method: 'CONNECT' | 'MESSAGE',
    readonly url: string,
    { headers, rawHeaders, socket, handshake }: Opening,
    readonly event: string | undefined,
    readonly body: unknown,
    /** Undefined while the connection is being opened. */
    readonly connection: Connection | undefined,
  ) {
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
    this[HANDSHAKE] = handshake;
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
