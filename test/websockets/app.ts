/** Boots an app with gateways on a real port, and clients of both kinds that connect to it. */

import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { secureApp } from '../../lib/index.js';
import {
  secureWebSockets,
  WebSocketSecurityModule,
  type WebSocketSecurityOptions,
} from '../../lib/websockets/index.js';
import { bootApp, PLATFORMS, type Platform, type TestApp, type TestAppInit } from '../app.js';

export const LIBRARIES = ['ws', 'socket.io'] as const;
export type Library = (typeof LIBRARIES)[number];

/** Each library on each platform. */
export const ALL = LIBRARIES.flatMap((library) => PLATFORMS.map((platform) => ({ library, platform })));

export interface SocketAppInit extends TestAppInit {
  readonly library: Library;
  readonly platform?: Platform;
  readonly sockets?: WebSocketSecurityOptions;
  readonly edge?: Parameters<typeof secureApp>[1];
}

export interface Message {
  readonly event: string;
  // eslint-disable-next-line -- what it is, the test knows
  readonly data: any;
}

export interface Client {
  say(event: string, data?: unknown): void;
  /** The next thing that the server says. */
  next(): Promise<Message>;
  /** Says something, and waits for what the server says next. */
  ask(event: string, data?: unknown): Promise<Message>;
  /** How the WebSocket was closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** The subprotocol that the server chose. */
  readonly protocol: string;
  /** The WebSocket itself. */
  readonly raw: WebSocket;
  close(): Promise<unknown>;
}

export interface Opening {
  readonly path?: string;
  readonly namespace?: string;
  readonly query?: string;
  /** `header`: Authorization. `protocol`: the way of browsers. `auth`: the way of socket.io. */
  readonly token?: string;
  readonly by?: 'header' | 'protocol' | 'auth';
  readonly headers?: Record<string, string>;
  readonly protocols?: readonly string[];
  readonly from?: string;
}

/** A connection was refused. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
    readonly headers: IncomingMessage['headers'] = {},
  ) {
    super(`refused with ${status}`);
  }
}

export interface SocketApp extends TestApp {
  /** @throws Refused */
  open(opening?: Opening): Promise<Client>;
}

const clients = new Set<Client>();

export async function bootSockets({ library, sockets, edge, ...init }: SocketAppInit): Promise<SocketApp> {
  const booted = await bootApp({
    ...init,
    imports: [WebSocketSecurityModule.forRoot(sockets), ...(init.imports ?? [])],
    prepare: (app: INestApplication) => {
      secureApp(app, edge);
      secureWebSockets(app, library === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
      return init.prepare?.(app);
    },
  });
  const port = Number(new URL(booted.url).port);
  return {
    ...booted,
    open: (opening = {}) => (library === 'ws' ? openWs(port, opening) : openIo(port, opening)),
    close: async () => {
      await Promise.all([...clients].map((client) => client.close()));
      await booted.close();
    },
  };
}

/** Headers and protocols of an opening; `auth` is for socket.io alone. */
function partsOf({ token, by = 'header', headers = {}, protocols = [] }: Opening) {
  return {
    headers: { ...(token !== undefined && by === 'header' && { authorization: `Bearer ${token}` }), ...headers },
    protocols: [...protocols, ...(token !== undefined && by === 'protocol' ? ['bearer', token] : [])],
    auth: token !== undefined && by === 'auth' ? { token } : {},
  };
}

export function openWs(port: number, opening: Opening): Promise<Client> {
  const { path = '/chat', query = '', from } = opening;
  const { headers, protocols } = partsOf(opening);
  const raw = new WebSocket(`ws://127.0.0.1:${port}${path}${query}`, protocols, {
    headers,
    ...(from !== undefined && { localAddress: from }),
  });
  const inbox = new Inbox();
  raw.on('message', (data: Buffer) => inbox.put(JSON.parse(data.toString('utf8')) as Message));
  return opened(raw, inbox, (event, data) => raw.send(JSON.stringify({ event, data })));
}

async function opened(raw: WebSocket, inbox: Inbox, say: Client['say']): Promise<Client> {
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    raw.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  void closed.then(() => inbox.end());
  await new Promise<void>((resolve, reject) => {
    raw.once('open', () => resolve());
    raw.once('unexpected-response', (_request, response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        reject(new Refused(response.statusCode!, JSON.parse(text === '' ? '{}' : text), response.headers));
      });
    });
    raw.on('error', reject);
  });
  const client: Client = {
    raw,
    closed,
    say,
    protocol: raw.protocol,
    next: () => inbox.next(),
    ask: (event, data) => (say(event, data), inbox.next()),
    close: () => (raw.terminate(), closed),
  };
  clients.add(client);
  void closed.then(() => clients.delete(client));
  return client;
}

/** Speaks Engine.IO through the real client, and hands out the WebSocket beneath. */
export async function openIo(port: number, opening: Opening): Promise<Client> {
  const { path = '/chat', namespace = '', query = '' } = opening;
  const { headers, protocols, auth } = partsOf(opening);
  const socket = io(`http://127.0.0.1:${port}${namespace}`, {
    path,
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    extraHeaders: headers,
    auth,
    ...(protocols.length > 0 && { protocols }),
    ...(query !== '' && { query: Object.fromEntries(new URLSearchParams(query)) }),
    ...(opening.from !== undefined && { localAddress: opening.from }),
  });
  const inbox = new Inbox();
  socket.onAny((event: string, data: unknown) => inbox.put({ event, data }));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', () => resolve());
    // The reason, where there is one, is told right behind.
    socket.io.once('close', () => setTimeout(() => reject(new Error('It was closed.')), 50));
    socket.once(
      'connect_error',
      (error: Error & { data?: Record<string, unknown>; description?: { message?: string } }) => {
        const said = /response: (\d{3})/.exec(error.description?.message ?? '')?.[1];
        socket.disconnect();
        if (error.data === undefined && said === undefined) reject(error);
        else reject(new Refused(Number(error.data?.status ?? said), error.data ?? {}));
      },
    );
  });
  const raw = (socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    raw.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  void closed.then(() => inbox.end());
  const say: Client['say'] = (event, data) => void socket.emit(event, data);
  const client: Client = {
    raw,
    closed,
    say,
    protocol: raw.protocol,
    next: () => inbox.next(),
    ask: (event, data) => (say(event, data), inbox.next()),
    close: () => {
      socket.disconnect();
      raw.terminate();
      return closed;
    },
  };
  clients.add(client);
  void closed.then(() => clients.delete(client));
  return client;
}

/** What came, in order, and who waits for it. */
class Inbox {
  readonly #came: Message[] = [];
  readonly #waiting: { resolve(message: Message): void; reject(error: Error): void }[] = [];
  #ended = false;

  put(message: Message): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#came.push(message);
    else first.resolve(message);
  }

  next(): Promise<Message> {
    const first = this.#came.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.#ended) return Promise.reject(new Error('The connection is closed, and nothing is left.'));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  end(): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('The connection was closed.'));
  }
}

/** The refusal that an opening ends with. */
export async function refusalOf(opening: Promise<Client>): Promise<Refused> {
  const error: unknown = await opening.then(
    () => new Error('It was let in.'),
    (refused: unknown) => refused,
  );
  if (error instanceof Refused) return error;
  throw error;
}
