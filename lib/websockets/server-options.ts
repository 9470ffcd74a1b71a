/** What may a gateway ask of its server? Less than our limits, never more, and nothing that goes past the door. */

import { optionError } from '../core/checks.js';
import type { SocketSettings } from '../sockets/socket.options.js';

/** What `@WebSocketGateway()` takes, and Nest hands on. */
export interface ServerOptions extends Readonly<Record<string, unknown>> {
  readonly path?: string;
  readonly namespace?: string | RegExp;
  /** The server that a namespace belongs to. */
  readonly server?: unknown;
}

/** @throws TypeError for a gateway on a port of its own, for long polling, and for what lets somebody in unasked. */
export function checkServerOptions(port: number, { transports, connectionStateRecovery }: ServerOptions): void {
  if (port !== 0) {
    const fix = "Leave the port out: @WebSocketGateway({ path: '/chat' }).";
    throw optionError(
      '@WebSocketGateway()',
      port,
      'is a port of its own, where no host, origin or limit is checked',
      fix,
    );
  }
  if (Array.isArray(transports) && transports.some((each) => each !== 'websocket')) {
    const fix = "Use transports: ['websocket'], on the client too.";
    throw optionError('@WebSocketGateway().transports', transports, 'has more than "websocket"', fix);
  }
  if (connectionStateRecovery !== undefined && connectionStateRecovery !== false) {
    throw optionError(
      '@WebSocketGateway().connectionStateRecovery',
      connectionStateRecovery,
      'gives the rooms and the missed packets of a connection to whoever knows its id',
      'Leave it out: join the rooms in handleConnection(), for the principal.',
    );
  }
}

export function limitedOptions(
  options: ServerOptions,
  { messageLimit, handshakeTimeoutMs }: SocketSettings,
): ServerOptions {
  return {
    ...options,
    // ws: 100 MiB if nothing is said.
    maxPayload: atMost(options.maxPayload, messageLimit),
    // A kilobyte may unpack to a gigabyte, and each connection would keep two windows of memory.
    perMessageDeflate: false,
    // socket.io. Long polling and the client's file would be HTTP past the edge of the app.
    maxHttpBufferSize: atMost(options.maxHttpBufferSize, messageLimit),
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    // To ask for a namespace, and to be judged.
    connectTimeout: atMost(options.connectTimeout, 2 * handshakeTimeoutMs),
    // The door answers what nobody takes.
    destroyUpgrade: false,
  };
}

function atMost(value: unknown, most: number): number {
  return typeof value === 'number' && value > 0 && value < most ? value : most;
}
