/** One client on one path or namespace: who it is, and how it is told and sent away. */

import type { Principal } from '../core/principal.js';
import type { Closing } from './close-code.js';
import { SecurityError } from '../core/errors.js';
import { exceptionFor } from './exception-message.js';
import { sendEvent } from './socket-like.js';
import type { Opening } from './socket-request.js';
import type { Wire } from './wire.js';

export class Connection {
  /** How often in a row nobody could say whether the credential is still good. */
  unanswered = 0;

  constructor(
    readonly wire: Wire,
    readonly opening: Opening,
    /** Undefined: nobody in particular, on a path that is open to everybody. */
    readonly principal: Principal | undefined,
    private readonly client: object,
  ) {}

  /** Says why something was refused. */
  tell(payload: object): void {
    sendEvent(this.client, 'exception', payload);
  }

  /** Closes it, and all that shares its WebSocket: the client is told first. */
  end(closing: Closing): void {
    this.tell(exceptionFor(new SecurityError(closing.code, { reason: closing.reason })));
    this.wire.close(closing, this);
  }
}

const CONNECTION = Symbol('bulwark:connection');

interface Carrier {
  [CONNECTION]?: Connection;
}

/** The connection behind what Nest calls a client. Undefined: it did not come through our door. */
export function connectionOf(client: unknown): Connection | undefined {
  return typeof client === 'object' && client !== null ? (client as Carrier)[CONNECTION] : undefined;
}

export function attachConnection(client: object, connection: Connection): void {
  Object.defineProperty(client, CONNECTION, { value: connection });
}

/**
 * Who is behind a client, for `handleConnection()` and whatever a server sends on its own. Undefined: nobody in particular.
 *
 * @example
 * handleConnection(client: WebSocket) { this.online.add(socketPrincipal(client)?.id); }
 */
export function socketPrincipal(client: object): Principal | undefined {
  return connectionOf(client)?.principal;
}
