/** Servers on loopback: well behaved, and the other kind. */

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { OutboundError, type SafeFetchOptions, type SafeLookup } from '../../lib/fetch.js';

export interface Loopback {
  readonly port: number;
  /** `127.0.0.1:<port>`, or another address of loopback. */
  readonly host: string;
  readonly url: string;
  /** Every request that came, first to last. */
  readonly requests: readonly IncomingMessage[];
  /** Connections that came, and those that are open. */
  readonly connections: () => { readonly seen: number; readonly open: number };
  close(): Promise<void>;
}

const opened: Loopback[] = [];

export async function serve(handler: RequestListener, address = '127.0.0.1', port = 0): Promise<Loopback> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  return listen(server, requests, address, port);
}

/** Each connection as it is. */
export async function serveRaw(handler: (socket: Socket) => void, address = '127.0.0.1', port = 0): Promise<Loopback> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    handler(socket);
  });
  return listen(server, [], address, port);
}

/** For `afterEach`: closes every server that was opened here, and their connections. */
export async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((server) => server.close()));
}

export async function listen(
  server: Server | TcpServer,
  requests: readonly IncomingMessage[],
  address = '127.0.0.1',
  wanted = 0,
): Promise<Loopback> {
  const sockets = new Set<Socket>();
  let seen = 0;
  server.on('connection', (socket: Socket) => {
    seen++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, address, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  const host = `${address}:${port}`;
  const loopback: Loopback = {
    port,
    host,
    url: `http://${host}/`,
    requests,
    connections: () => ({ seen, open: sockets.size }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  opened.push(loopback);
  return loopback;
}

/** Options with which these servers can be reached. */
export function reaching(...servers: readonly Loopback[]): SafeFetchOptions {
  return { schemes: ['http'], dangerouslyAllowPrivate: servers.map(({ host }) => host) };
}

/** A look-up that has one answer for every name, and keeps the names. */
export function answering(...addresses: readonly string[]): SafeLookup & { readonly names: readonly string[] } {
  const names: string[] = [];
  const lookup: SafeLookup = (name, _options, callback) => {
    names.push(name);
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(lookup, { names });
}

/** The code and the reason that a call fails with. */
export async function failureOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OutboundError) return `${error.code}: ${error.reason}`;
  throw new Error('It did not fail as it should.', { cause: error });
}
