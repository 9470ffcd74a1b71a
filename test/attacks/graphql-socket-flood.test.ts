/** One client takes more of the GraphQL sockets than anybody could mean: connections, frames, bytes, and time to read them. */

import { Resolver, Subscription } from '@nestjs/graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { perSecond, Public } from '../../lib/index.js';
import type { GraphQLSecurityOptions } from '../../lib/graphql/index.js';
import { openLibrary, type Library } from '../graphql/library.js';
import { SocketClient, subscribing } from '../graphql/socket-client.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';

@Resolver()
class LoudResolver {
  @Subscription(() => String)
  @Public('for who listens')
  async *loud() {
    for (;;) {
      yield { loud: 'x'.repeat(500_000) };
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const NEVER = 600_000;

describe.each(GRAPHQL_HOSTS)('a flood over the sockets of $name', (host) => {
  let t: Library;
  const clients = new Set<{ close(): unknown }>();
  afterEach(async () => {
    for (const client of clients) await client.close();
    clients.clear();
    await t.close();
  });
  const boot = async (sockets: GraphQLSecurityOptions['sockets']) => {
    t = await openLibrary(
      host,
      { sockets: { checkEveryMs: NEVER, ...sockets } },
      { providers: [LoudResolver] },
      subscribing(host),
    );
  };
  /** An open socket, or the status that it was refused with. */
  const open = (from?: string, headers: Record<string, string> = {}): Promise<WebSocket | number> => {
    const url = `${t.url.replace('http', 'ws')}/graphql`;
    const raw = new WebSocket(url, 'graphql-transport-ws', {
      headers,
      ...(from !== undefined && { localAddress: from }),
    });
    clients.add({ close: () => raw.terminate() });
    raw.on('error', () => undefined);
    return new Promise((resolve) => {
      raw.once('open', () => resolve(raw));
      raw.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode!));
    });
  };
  const closing = (raw: WebSocket) => new Promise<number>((resolve) => raw.once('close', resolve));
  const begun = (raw: WebSocket) =>
    new Promise<string>((resolve) => {
      raw.once('message', (data: Buffer) => resolve(data.toString()));
      raw.send('{"type":"connection_init"}');
    });
  const warnings = () => t.events.filter(({ level }) => level === 'warning');

  it('of connections is bounded for an address, and for everybody', async () => {
    await boot({ maxPerAddress: 2, maxConnections: 3 });
    const first = (await open()) as WebSocket;
    expect(await open()).toBeInstanceOf(WebSocket);
    expect(await open()).toBe(429);
    expect(warnings()).toMatchObject([{ kind: 'rate_limited', stage: 'connection', reason: 'connections_of_address' }]);
    expect(await open('127.0.0.2')).toBeInstanceOf(WebSocket);
    expect(await open('127.0.0.3')).toBe(429);
    expect(warnings().at(-1)).toMatchObject({ reason: 'connections_of_all' });
    first.terminate();
    await expect.poll(() => open('127.0.0.4').then((opened) => typeof opened)).toBe('object');
  });

  it('of connections is bounded for a principal, wherever the token is', async () => {
    await boot({ maxPerPrincipal: 2 });
    const authorization = `Bearer ${await tokenFor('alice')}`;
    expect(await open(undefined, { authorization })).toBeInstanceOf(WebSocket);
    const hear = async (from: string) => {
      const client = new SocketClient(t.url, { params: { authorization }, from });
      clients.add(client);
      return client.meanwhile('subscription { slow }', () => undefined);
    };
    const second = hear('127.0.0.2');
    await expect.poll(() => t.events.filter(({ kind }) => kind === 'access_allowed').length).toBe(1);
    expect((await hear('127.0.0.3')).closed?.code).toBe(4403);
    expect(warnings()).toMatchObject([{ kind: 'rate_limited', reason: 'connections_of_principal' }]);
    expect(await open('127.0.0.4', { authorization })).toBe(429);
    t.loans.release();
    expect((await second).values).toHaveLength(2);
  });

  it.each(['{"type":"ping"}', '{"type":"subscribe","id":"1"}', 'garbage'])(
    'of frames ends the connection at once: %s',
    async (frame) => {
      await boot({ messageRate: perSecond(1, { burst: 5 }) });
      const raw = (await open()) as WebSocket;
      const other = (await open()) as WebSocket;
      raw.send('{"type":"connection_init"}');
      const closed = closing(raw);
      for (let sent = 0; sent < 50; sent++) raw.send(frame);
      // What breaks the protocol is told so before it is too much.
      expect([4429, 4400]).toContain(await closed);
      expect(warnings().length).toBeLessThanOrEqual(1);
      expect(other.readyState).toBe(WebSocket.OPEN);
    },
  );

  it('of frames does not reach the schema past the bucket, and one of pings or pongs is one', async () => {
    await boot({ messageRate: perSecond(1, { burst: 5 }) });
    const raw = (await open()) as WebSocket;
    await begun(raw);
    const closed = closing(raw);
    for (let id = 0; id < 50; id++) {
      raw.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query: '{ board { id } }' } }));
    }
    expect(await closed).toBe(4429);
    expect(t.events.filter(({ kind }) => kind === 'access_allowed').length).toBeLessThanOrEqual(4);
    for (const kind of ['ping', 'pong'] as const) {
      const noisy = (await open()) as WebSocket;
      for (let sent = 0; sent < 50; sent++) noisy[kind]();
      expect(await closing(noisy)).toBe(4429);
    }
  });

  it('is cut off though it never answers the close frame', async () => {
    await boot({ messageRate: perSecond(1, { burst: 5 }), maxPerAddress: 1 });
    const raw = (await open()) as WebSocket;
    raw.pause();
    for (let sent = 0; sent < 50; sent++) raw.ping();
    await expect.poll(() => open().then((opened) => typeof opened)).toBe('object');
  });

  it('of bytes in one frame is refused before it is read whole, and a good one is answered', async () => {
    await boot({ messageLimit: '1 KiB' });
    const raw = (await open()) as WebSocket;
    expect(await begun(raw)).toBe('{"type":"connection_ack"}');
    const closed = closing(raw);
    raw.send(
      JSON.stringify({
        type: 'subscribe',
        id: '1',
        payload: { query: '{ board { id } }', variables: ['x'.repeat(2_000)] },
      }),
    );
    expect(await closed).toBe(1009);
    expect(warnings()).toMatchObject([
      { kind: 'edge_refused', code: 'payload_too_large', reason: 'message_too_large' },
    ]);
  });

  it('of what nobody reads is bounded', async () => {
    await boot({ heartbeatMs: 100, bufferLimit: '64 KiB', messageRate: perSecond(1_000) });
    const raw = (await open()) as WebSocket;
    await begun(raw);
    for (let id = 0; id < 40; id++) {
      raw.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query: 'subscription { loud }' } }));
    }
    raw.pause();
    await expect
      .poll(() => warnings(), { timeout: 5_000 })
      .toMatchObject([{ kind: 'connection_closed', closeCode: 4429, reason: 'slow_reader' }]);
  });
});
