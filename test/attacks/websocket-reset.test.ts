/** An upgrade that is reset at once, or that nobody serves: it must neither end the process nor stay open. */

import { connect, type Socket } from 'node:net';
import type { Server } from 'node:http';
import { WsAdapter } from '@nestjs/platform-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secureApp } from '../../lib/index.js';
import { secureWebSockets, WebSocketSecurityModule } from '../../lib/websockets/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { openLibrary } from '../graphql/library.js';
import { SocketClient, subscribing } from '../graphql/socket-client.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';
import { openWs, refusalOf } from '../websockets/app.js';
import { LobbyGateway } from '../websockets/chat.gateway.js';

const PATHS = ['/x', '/graphql', '/graphqlx', '/graphql/x', '/lobby', '/'];

const uncaught: unknown[] = [];
let prior: NodeJS.UncaughtExceptionListener[];
beforeEach(() => {
  uncaught.length = 0;
  prior = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => uncaught.push(error));
});
afterEach(() => {
  process.removeAllListeners('uncaughtException');
  for (const listener of prior) process.on('uncaughtException', listener);
});

const portOf = ({ url }: TestApp): number => Number(new URL(url).port);

async function upgrade(port: number, path: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  return socket;
}

/** The server has the request, and the client is gone before the answer. */
async function reset(t: TestApp, path: string): Promise<void> {
  const server = t.app.getHttpServer() as Server;
  const emit = server.emit.bind(server) as (...all: unknown[]) => boolean;
  const arrived = new Promise<Socket>((resolve) => {
    // Without anybody who listens there is no upgrade, but a request.
    server.emit = (name: string | symbol, ...args: unknown[]) => {
      if (name === 'upgrade') resolve(args[1] as Socket);
      if (name === 'request') resolve((args[0] as { socket: Socket }).socket);
      return emit(name, ...args);
    };
  });
  const client = await upgrade(portOf(t), path);
  const socket = await arrived;
  const gone = new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));
  client.resetAndDestroy();
  await gone;
  server.emit = emit as Server['emit'];
}

/** What is answered, and that the connection ends with it. */
async function answerTo(t: TestApp, path: string): Promise<string> {
  const socket = await upgrade(portOf(t), path);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return text.split('\r\n', 1)[0]!;
}

describe.each(GRAPHQL_HOSTS)('an upgrade of an app with subscriptions and nothing else, $name', (host) => {
  it.each([true, false])('ends nothing but itself, secureApp(): %s', async (isSecured) => {
    const prepare = {
      ...(isSecured && { prepare: (app: TestApp['app']) => secureApp(app, { hosts: ['127.0.0.1'] }) }),
    };
    const t = await openLibrary(host, {}, prepare, subscribing(host));
    for (const path of PATHS) {
      await reset(t, path);
      expect(uncaught).toEqual([]);
    }
    // The one path that is served is not answered with a 404: this was no handshake.
    expect(await answerTo(t, '/graphql')).toBe('HTTP/1.1 400 Bad Request');
    for (const path of PATHS.filter((each) => each !== '/graphql')) {
      expect([path, await answerTo(t, path)]).toEqual([path, 'HTTP/1.1 404 Not Found']);
    }
    expect(t.events.filter(({ kind }) => kind === 'route_unknown')).toHaveLength(10);
    const client = new SocketClient(t.url);
    expect((await client.hear('{ board { id } }')).values).toHaveLength(1);
    await client.close();
    await t.close();
  });
});

describe.each(GRAPHQL_HOSTS.filter(({ driver }) => driver === 'apollo'))(
  'an upgrade of an app with gateways and subscriptions, $name',
  (host) => {
    it('ends nothing but itself, and each finds its own', async () => {
      const t = await openLibrary(
        host,
        {},
        {
          imports: [...graphqlModules(host, {}, subscribing(host)), WebSocketSecurityModule.forRoot()],
          before: [{ module: class GatewayModule {}, providers: [LobbyGateway] }],
          prepare: (app) => secureWebSockets(secureApp(app), new WsAdapter(app)),
        },
      );
      for (const path of PATHS) {
        await reset(t, path);
        expect(uncaught).toEqual([]);
      }
      expect(await answerTo(t, '/nothing')).toBe('HTTP/1.1 404 Not Found');
      const lobby = await openWs(portOf(t), { path: '/lobby' });
      expect((await lobby.ask('hello')).data).toBe('stranger');
      await lobby.close();
      const client = new SocketClient(t.url);
      expect((await client.hear('{ board { id } }')).values).toHaveLength(1);
      await client.close();
      await t.close();
    });
  },
);

describe.each(PLATFORMS)('an upgrade of an app that knows nothing of sockets, on %s', (platform) => {
  it('is a request like any other where nobody listens', async () => {
    const t = await bootApp({ platform, prepare: (app) => secureApp(app) });
    for (const path of PATHS) await reset(t, path);
    expect(uncaught).toEqual([]);
    expect((await t.send('GET /x', { headers: { connection: 'Upgrade', upgrade: 'websocket' } })).status).toBe(404);
    await t.close();
  });

  it('goes to whoever listens, past the edge only, and ends nothing', async () => {
    const heard: string[] = [];
    const t = await bootApp({
      platform,
      prepare: (app) => {
        secureApp(app, { hosts: ['127.0.0.1'] });
        (app.getHttpServer() as Server).on('upgrade', (request, socket) => {
          heard.push(request.url!);
          if (request.url === '/theirs') socket.end('HTTP/1.1 418 Theirs\r\n\r\n');
        });
      },
    });
    await reset(t, '/x');
    expect(uncaught).toEqual([]);
    expect(await answerTo(t, '/theirs')).toBe('HTTP/1.1 418 Theirs');
    heard.length = 0;
    const elsewhere = openWs(portOf(t), { path: '/theirs', headers: { host: 'evil.example' } });
    expect((await refusalOf(elsewhere)).status).toBe(421);
    const page = openWs(portOf(t), { path: '/theirs', headers: { origin: 'https://evil.example' } });
    expect((await refusalOf(page)).status).toBe(403);
    expect(heard).toEqual([]);
    await t.close();
  });
});
