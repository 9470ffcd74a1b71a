/** Gateways that share a path or a namespace share its connections, and all their rules are asked. And how much room there is. */

import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { MemoryRevocationStore, perSecond, Public, Returns, Roles, type RevocationStore } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, refusalOf, type SocketApp, type SocketAppInit } from './app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from './chat.gateway.js';

@WebSocketGateway({ path: '/shared' })
class FirstGateway {
  @SubscribeMessage('first')
  @Returns(String)
  first() {
    return { event: 'first', data: 'done' };
  }
}

@Roles('admin')
@WebSocketGateway({ path: '/shared' })
class SecondGateway {
  @SubscribeMessage('second')
  @Returns(String)
  second() {
    return { event: 'second', data: 'done' };
  }
}

/** Says more than anybody could read. */
@Public('for who listens')
@WebSocketGateway({ path: '/loud' })
class LoudGateway {
  @SubscribeMessage('begin')
  begin(client: { send?(data: string): void; emit(event: string, data: string): void }): void {
    const text = 'x'.repeat(100_000);
    for (let said = 0; said < 200; said++) {
      if (client.send !== undefined && 'readyState' in client) client.send(text);
      else client.emit('loud', text);
    }
  }
}

/** A store that takes its time: every question stays open until the test lets it go. */
class HangingRevocations implements RevocationStore {
  readonly #kept = new MemoryRevocationStore();
  readonly #waiting: (() => void)[] = [];
  hangs = false;
  deny: RevocationStore['deny'] = (denials, nowMs) => this.#kept.deny(denials, nowMs);
  isDenied: RevocationStore['isDenied'] = (marks, nowMs) =>
    this.hangs
      ? new Promise((resolve) => this.#waiting.push(() => resolve(this.#kept.isDenied(marks, nowMs))))
      : this.#kept.isDenied(marks, nowMs);
  get asked(): number {
    return this.#waiting.length;
  }
  answer(): void {
    this.hangs = false;
    for (const each of this.#waiting.splice(0)) each();
  }
}

describe.each(ALL)('places of $library on $platform', (where) => {
  let t: SocketApp;
  afterEach(() => t.close());
  const boot = async (init: Omit<SocketAppInit, 'library'>) => (t = await bootSockets({ ...where, ...init }));
  const admin = () => tokenFor('ada', { roles: ['admin'] });

  it.each([
    ['the stricter second', [FirstGateway, SecondGateway]],
    ['the stricter first', [SecondGateway, FirstGateway]],
  ])('that two gateways share are open to who passes both, %s', async (_order, providers) => {
    await boot({ providers });
    expect((await refusalOf(t.open({ path: '/shared', token: await tokenFor('alice') }))).status).toBe(403);
    const client = await t.open({ path: '/shared', token: await admin() });
    expect(await client.ask('first')).toEqual({ event: 'first', data: 'done' });
    expect(await client.ask('second')).toEqual({ event: 'second', data: 'done' });
    expect(t.events.filter(({ kind }) => kind === 'server_failed')).toEqual([]);
  });

  it('have room for so many in all', async () => {
    await boot({ providers: [LobbyGateway], sockets: { maxConnections: 2, checkEveryMs: 600_000 } });
    const first = await t.open({ path: '/lobby', from: '127.0.0.2' });
    await t.open({ path: '/lobby', from: '127.0.0.3' });
    expect((await refusalOf(t.open({ path: '/lobby', from: '127.0.0.4' }))).status).toBe(429);
    expect(t.events.at(-1)).toMatchObject({ kind: 'rate_limited', reason: 'connections_of_all' });
    await first.close();
    await expect
      .poll(() =>
        t.open({ path: '/lobby', from: '127.0.0.4' }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('are left by who does not read what is said', async () => {
    await boot({ providers: [LoudGateway], sockets: { heartbeatMs: 100, bufferLimit: '64 KiB' } });
    const client = await t.open({ path: '/loud' });
    client.raw.pause();
    client.say('begin');
    await expect
      .poll(() => t.events.filter(({ level }) => level === 'warning'), { timeout: 5_000 })
      .toMatchObject([{ kind: 'connection_closed', closeCode: 4429, reason: 'slow_reader' }]);
  });

  it('are not held by who floods and never answers the close frame', async () => {
    await boot({
      providers: [LobbyGateway],
      sockets: { messageRate: perSecond(1, { burst: 5 }), maxPerAddress: 1, checkEveryMs: 600_000 },
    });
    const client = await t.open({ path: '/lobby' });
    client.raw.pause();
    // Half of them nobody asked for.
    for (let sent = 0; sent < 10; sent++) {
      client.raw.ping();
      client.raw.pong();
    }
    await expect.poll(() => t.events.some(({ kind }) => kind === 'connection_closed')).toBe(true);
    await expect
      .poll(() =>
        t.open({ path: '/lobby' }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});

describe.each(ALL.filter(({ library }) => library === 'socket.io'))('namespaces on $platform', (where) => {
  let t: SocketApp;
  afterEach(() => t.close());

  @WebSocketGateway({ path: '/chat', namespace: '/' })
  class RootGateway {
    @SubscribeMessage('root')
    @Returns(String)
    root() {
      return { event: 'root', data: 'done' };
    }
  }
  @WebSocketGateway({ path: '/chat', namespace: 'room' })
  class RoomGateway {
    @SubscribeMessage('room')
    @Returns(String)
    room() {
      return { event: 'room', data: 'done' };
    }
  }
  @Roles('admin')
  @WebSocketGateway({ path: '/chat', namespace: 'room' })
  class OtherRoomGateway {
    @SubscribeMessage('other')
    @Returns(String)
    other() {
      return { event: 'other', data: 'done' };
    }
  }

  it('may be the first one by name, and be shared by several gateways', async () => {
    t = await bootSockets({ ...where, providers: [RootGateway, RoomGateway, OtherRoomGateway] });
    const [alice, ada] = [await tokenFor('alice'), await tokenFor('ada', { roles: ['admin'] })];
    expect(await (await t.open({ token: alice })).ask('root')).toEqual({ event: 'root', data: 'done' });
    expect((await refusalOf(t.open({ namespace: '/room', token: alice }))).status).toBe(403);
    t.events.length = 0;
    const client = await t.open({ namespace: '/room', token: ada });
    // One joining is one call per rule of the place.
    expect(t.events.map(({ kind }) => kind)).toEqual(['access_allowed', 'access_allowed']);
    expect(await client.ask('room')).toEqual({ event: 'room', data: 'done' });
    expect(await client.ask('other')).toEqual({ event: 'other', data: 'done' });
  });

  it('keep no slot for who was gone before the verdict', async () => {
    const revocations = new HangingRevocations();
    t = await bootSockets({
      ...where,
      providers: [ChatGateway, NoteOwnership],
      security: { sessions: { revocations } },
      sockets: { maxPerPrincipal: 1, checkEveryMs: 600_000 },
    });
    const token = await tokenFor('alice');
    revocations.hangs = true;
    const raw = new WebSocket(`${t.url.replace('http', 'ws')}/chat/?EIO=4&transport=websocket`, {
      headers: { authorization: `Bearer ${token}` },
    });
    raw.on('open', () => raw.send('40'));
    await expect.poll(() => revocations.asked).toBe(1);
    const gone = new Promise((resolve) => raw.once('close', resolve));
    raw.terminate();
    await gone;
    revocations.answer();
    await expect
      .poll(() =>
        t.open({ token }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });
});
