/** Does the app call where it must not? A server on loopback that nobody has a reason to call, and a way that is closed. */

import { createServer, type Server } from 'node:http';
import { Socket, type AddressInfo } from 'node:net';

export interface Canary {
  readonly port: number;
  /** Connections and requests since it was opened: a TLS handshake counts as well. */
  readonly hits: number;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1 and, where the machine has it, on the same port of ::1. It answers every request with 200. */
export async function openCanary(): Promise<Canary> {
  let hits = 0;
  const counted = (): Server =>
    createServer((_request, response) => {
      // A connection may be kept and used again.
      hits++;
      response.end('attack-kit-canary');
    }).on('connection', () => hits++);
  const first = counted();
  await listening(first, 0, '127.0.0.1');
  const { port } = first.address() as AddressInfo;
  const second = counted();
  const servers = (await listening(second, port, '::1').then(
    () => true,
    () => false,
  ))
    ? [first, second]
    : [first];
  return {
    port,
    get hits() {
      return hits;
    },
    close: async () => {
      await Promise.all(servers.map(closed));
    },
  };
}

export function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * Runs something while no connection of this process can be made to one address, and tells whether one was asked for: an
 * address outside of this machine is tried without a packet that leaves it.
 */
export async function withoutWayTo<T>(
  address: string,
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly wasAsked: boolean }> {
  let wasAsked = false;
  const original = Object.getOwnPropertyDescriptor(Socket.prototype, 'connect')!;
  const connect = original.value as (...args: unknown[]) => Socket;
  Object.defineProperty(Socket.prototype, 'connect', {
    ...original,
    value: function connectUnlessClosed(this: Socket, ...args: unknown[]): Socket {
      if (!hostIn(args).includes(address)) return connect.apply(this, args);
      wasAsked = true;
      return this.destroy(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    },
  });
  try {
    return { result: await run(), wasAsked };
  } finally {
    Object.defineProperty(Socket.prototype, 'connect', original);
  }
}

/** `connect(port, host)`, `connect({ host })` and the normalised list that Node itself hands on. */
function hostIn(args: readonly unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as readonly unknown[]) : args;
  const { host } = (typeof first === 'object' && first !== null ? first : { host: second }) as { host?: unknown };
  return typeof host === 'string' ? host : '';
}
