/** One client on one path or namespace: who it is, and how it is told and asked about. */

import type { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { Member } from '../sockets/member.js';
import type { Opening } from '../sockets/opening.js';
import type { Wire } from '../sockets/wire.js';
import type { Doorkeeper } from './doorkeeper.js';
import { exceptionFor } from './exception-message.js';
import { sendEvent } from './socket-like.js';

export class Connection implements Member {
  unanswered = 0;

  constructor(
    readonly wire: Wire,
    readonly opening: Opening,
    readonly principal: Principal | undefined,
    private readonly client: object,
    private readonly doorkeeper: Doorkeeper,
  ) {}

  get place(): string {
    return this.opening.place;
  }

  tell(refusal: SecurityError): void {
    sendEvent(this.client, 'exception', exceptionFor(refusal));
  }

  recheck(): Promise<void> {
    return this.doorkeeper.recheck(this.opening);
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
