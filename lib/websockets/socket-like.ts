/** What is needed of servers and clients, those of `ws` and of socket.io alike, without either being installed. */

import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { OPEN, type RawSocket } from '../sockets/raw-socket.js';

/** The server that `WsAdapter` makes. */
export interface WsServer extends EventEmitter {
  handleUpgrade(...args: never[]): unknown;
}

/** What socket.io calls a transport's connection, before any namespace is joined. */
export interface EngineSocket {
  readonly request: IncomingMessage;
  readonly transport: { readonly name: string; readonly socket?: RawSocket };
  close(discard?: boolean): unknown;
}

/** A socket.io client in one namespace. */
export interface IoSocket extends EventEmitter {
  readonly conn: EngineSocket;
  readonly handshake: { readonly auth?: unknown };
}

export type NextOfNamespace = (error?: Error) => void;

/** A namespace of socket.io, or many of one pattern. */
export interface IoNamespace {
  use(middleware: (socket: IoSocket, next: NextOfNamespace) => void): unknown;
}

/** The server that `IoAdapter` makes. */
export interface IoServer extends IoNamespace {
  readonly engine: EventEmitter;
  path(): string;
  of(name: string): IoNamespace;
}

export function isWsServer(server: unknown): server is WsServer {
  return typeof (server as Partial<WsServer> | undefined)?.handleUpgrade === 'function';
}

export function isIoServer(server: unknown): server is IoServer {
  const io = server as Partial<IoServer> | undefined;
  return typeof io?.of === 'function' && typeof io.use === 'function' && io.engine !== undefined;
}

/** Says something to a client in the way of its library. A native WebSocket has `emit` too, but that stays on this side. */
export function sendEvent(client: unknown, event: string, data: unknown): void {
  const raw = client as Partial<RawSocket>;
  if (typeof raw.readyState !== 'number') {
    raw.emit?.(event, data);
  } else if (raw.readyState === OPEN) {
    raw.send?.(JSON.stringify({ event, data }));
  }
}
