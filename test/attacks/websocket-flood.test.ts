/** One client sends more than anybody could mean: messages, garbage, pings, handshakes, connections that are never used. */

import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryRevocationStore, perMinute, perSecond, type RevocationStore } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, refusalOf, Refused, type SocketApp, type SocketAppInit } from '../websockets/app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from '../websockets/chat.gateway.js';

const NEVER = 600_000;

/** A store that takes its time: every question stays open until the test lets it go. */
class HangingRevocations implements RevocationStore {
  readonly #kept = new MemoryRevocationStore();
  hangs = true;
  deny: RevocationStore['deny'] = (denials, nowMs) => this.#kept.deny(denials, nowMs);
  isDenied: RevocationStore['isDenied'] = (marks, nowMs) =>
    this.hangs ? new Promise<boolean>(() => undefined) : this.#kept.isDenied(marks, nowMs);
}

describe.each(ALL)('a flood over $library on $platform', (where) => {
  let t: SocketApp;
  afterEach(() => t?.close());
  const boot = async (init: Omit<SocketAppInit, 'library'> = {}) => {
    t = await bootSockets({ ...where, providers: [ChatGateway, LobbyGateway, NoteOwnership], ...init });
    return t;
  };
  const sockets = { messageRate: perSecond(1, { burst: 5 }), checkEveryMs: NEVER };
  const frames = where.library === 'ws' ? ['{"event":"nothing"}', 'garbage', '[]', '""', '{'] : ['42["nothing"]'];

  it.each(frames)('of messages that nobody handles ends the connection: %s', async (frame) => {
    await boot({ sockets });
    const client = await t.open({ token: await tokenFor('alice') });
    const other = await t.open({ token: await tokenFor('bob') });
    for (let sent = 0; sent < 50; sent++) client.raw.send(frame);
    expect(await client.closed).toEqual({ code: 4429, reason: 'rate_limited' });
    expect((await client.next()).data).toMatchObject({ status: 429, code: 'rate_limited' });
    // Two lines for fifty messages: a flood must not become one of the log.
    expect(t.events.filter(({ level }) => level === 'warning')).toMatchObject([
      { kind: 'rate_limited', stage: 'connection', reason: 'messages_of_connection' },
      { kind: 'connection_closed', closeCode: 4429, reason: 'flood_of_messages' },
    ]);
    expect((await other.ask('whoami')).data.id).toBe('bob');
  });

  it('of messages does not reach the handler past the bucket', async () => {
    await boot({ sockets });
    const client = await t.open({ token: await tokenFor('alice') });
    for (let sent = 0; sent < 50; sent++) client.say('whoami');
    await client.closed;
    const handled = t.events.filter(({ kind, subject }) => kind === 'access_allowed' && subject.method === 'MESSAGE');
    expect(handled.length).toBeLessThanOrEqual(5);
  });

  it('of pings ends the connection', async () => {
    await boot({ sockets });
    const client = await t.open({ token: await tokenFor('alice') });
    for (let sent = 0; sent < 50; sent++) client.raw.ping();
    expect((await client.closed).code).toBe(4429);
  });

  it('over many connections of one principal shares one bucket', async () => {
    await boot({
      security: { throttling: { tiers: { authenticated: perMinute(6) } } },
      sockets: { checkEveryMs: NEVER },
    });
    const token = await tokenFor('alice');
    const clients = [await t.open({ token }), await t.open({ token }), await t.open({ token })];
    const statuses: unknown[] = [];
    for (const client of [...clients, ...clients])
      statuses.push((await client.ask('whoami')).data.status ?? 'answered');
    // Three handshakes and three messages.
    expect(statuses).toEqual(['answered', 'answered', 'answered', 429, 429, 429]);
    expect((await refusalOf(t.open({ token }))).status).toBe(429);
  });

  it('of bad tokens blocks the address before anything is verified, and those who are known still come in', async () => {
    await boot({ security: { throttling: { address: perMinute(5) } } });
    const token = await tokenFor('alice');
    await t.open({ token });
    for (let tried = 0; tried < 5; tried++)
      await refusalOf(t.open({ token: `${token.slice(0, -6)}${100_000 + tried}` }));
    t.events.length = 0;
    expect((await refusalOf(t.open({ token: `${token.slice(0, -6)}AAAAAA` }))).status).toBe(429);
    expect(t.events.map((event) => 'reason' in event && event.reason?.split(':')[0])).toEqual(['address_blocked']);
    expect((await t.open({ token })).raw.readyState).toBe(1);
  });

  it('of handshakes whose verdict never comes is bounded in number and in time', async () => {
    const revocations = new HangingRevocations();
    await boot({
      security: { sessions: { revocations } },
      sockets: { maxPerAddress: 3, handshakeTimeoutMs: 80, checkEveryMs: NEVER },
    });
    const token = await tokenFor('alice');
    const ends = await Promise.all(
      Array.from({ length: 5 }, () =>
        t.open({ token }).then(
          () => 'in',
          (error: unknown) => (error instanceof Refused ? error.status : 'closed'),
        ),
      ),
    );
    expect(ends.filter((end) => end === 429)).toHaveLength(2);
    expect(ends.filter((end) => end === 503)).toHaveLength(3);
    revocations.hangs = false;
    await expect
      .poll(async () =>
        t.open({ token }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('gains nothing by claiming other addresses, and through declared proxies each client has its own count', async () => {
    const sockets = { maxPerAddress: 1, checkEveryMs: NEVER };
    const as = (client: string) => t.open({ path: '/lobby', headers: { 'x-forwarded-for': client } });
    await boot({ sockets });
    await as('203.0.113.1');
    expect((await refusalOf(as('203.0.113.2'))).status).toBe(429);
    await t.close();

    await boot({ sockets, edge: { proxies: ['loopback'] } });
    await as('203.0.113.1');
    expect((await as('203.0.113.2')).raw.readyState).toBe(1);
    expect((await refusalOf(as('203.0.113.1'))).status).toBe(429);
    expect(t.events.at(-1)?.subject.address).toBe('203.0.113.1');
  });

  it('of upgrades that are reset at once leaves nothing behind', async () => {
    await boot({ sockets: { maxPerAddress: 2, checkEveryMs: NEVER } });
    const { port } = new URL(t.url);
    const token = await tokenFor('alice');
    for (let tried = 0; tried < 20; tried++) {
      const socket: Socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
      socket.write(
        `GET /chat${where.library === 'ws' ? '' : '/?EIO=4&transport=websocket'} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
          `Connection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer ${token}\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      socket.resetAndDestroy();
      await closed;
    }
    await expect
      .poll(async () =>
        t.open({ token }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});

describe.each(ALL.filter(({ library }) => library === 'socket.io'))(
  'a wire that joins nothing, on $platform',
  (where) => {
    it('is closed when the time for a handshake is over, and when all namespaces were left', async () => {
      const t = await bootSockets({
        ...where,
        providers: [ChatGateway, NoteOwnership],
        sockets: { handshakeTimeoutMs: 60, heartbeatMs: 100 },
      });
      try {
        const { WebSocket } = await import('ws');
        const idle = new WebSocket(`${t.url.replace('http', 'ws')}/chat/?EIO=4&transport=websocket`);
        await new Promise((resolve) => idle.once('close', resolve));
        const client = await t.open({ token: await tokenFor('alice') });
        client.raw.send('41');
        expect((await client.closed).code).toBe(1006);
      } finally {
        await t.close();
      }
    });
  },
);
