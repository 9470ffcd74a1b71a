/** A connection lasts as long as what it was opened with, and no longer. */

import { afterEach, describe, expect, it } from 'vitest';
import { MemoryRevocationStore, perSecond, TokenService, type RevocationStore } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, refusalOf, type SocketApp, type SocketAppInit } from './app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from './chat.gateway.js';

/** Denials that can be out of reach. */
class ShakyRevocations implements RevocationStore {
  readonly #kept = new MemoryRevocationStore();
  isDown = false;
  deny: RevocationStore['deny'] = (denials, nowMs) => this.#kept.deny(denials, nowMs);
  isDenied: RevocationStore['isDenied'] = (marks, nowMs) => {
    if (this.isDown) throw new Error('the store is down');
    return this.#kept.isDenied(marks, nowMs);
  };
}

/** Longer than any test: nobody is looked at by himself. */
const NEVER = 600_000;
const SOON = 15;

describe.each(ALL)('a connection of $library on $platform', (where) => {
  let t: SocketApp;
  afterEach(() => t?.close());
  const boot = async (init: Omit<SocketAppInit, 'library'> = {}) => {
    t = await bootSockets({ ...where, providers: [ChatGateway, LobbyGateway, NoteOwnership], ...init });
    return t;
  };
  const closings = () => t.events.filter(({ kind }) => kind === 'connection_closed');

  it('is closed when its token expires, though it says nothing', async () => {
    await boot({ sockets: { checkEveryMs: SOON } });
    const client = await t.open({ token: await tokenFor('alice') });
    t.clock.advance(3_700_000);
    expect(await client.closed).toEqual({ code: 4401, reason: 'invalid_token' });
    expect(await client.next()).toMatchObject({ event: 'exception', data: { status: 401, code: 'invalid_token' } });
    expect(closings()).toMatchObject([
      {
        level: 'warning',
        closeCode: 4401,
        reason: 'token_expired',
        subject: { path: '/chat', address: '127.0.0.1', principal: { id: 'alice', scheme: 'jwt' } },
      },
    ]);
  });

  it('is closed at its next message when its token has expired, and that message is not handled', async () => {
    await boot({ sockets: { checkEveryMs: NEVER } });
    const client = await t.open({ token: await tokenFor('alice') });
    t.clock.advance(3_700_000);
    t.events.length = 0;
    expect((await client.ask('whoami')).data).toMatchObject({ status: 401, code: 'invalid_token', event: 'whoami' });
    expect(await client.closed).toEqual({ code: 4401, reason: 'invalid_token' });
    expect(t.events.map(({ kind }) => kind)).toEqual(['credential_refused', 'connection_closed']);
  });

  it('is closed when its session is revoked, and those of other sessions are not', async () => {
    await boot({ sockets: { checkEveryMs: SOON }, security: { sessions: {} } });
    const tokens = t.app.get(TokenService);
    const lost = await tokens.issue({ id: 'alice', roles: [] });
    const kept = await tokens.issue({ id: 'alice', roles: [] });
    const [thief, owner] = [await t.open({ token: lost.accessToken }), await t.open({ token: kept.accessToken })];
    expect((await thief.ask('whoami')).data.id).toBe('alice');
    await tokens.revoke(lost.sessionId!);
    expect((await thief.closed).code).toBe(4401);
    expect(closings()).toMatchObject([{ reason: 'token_revoked' }]);
    expect((await owner.ask('whoami')).data.id).toBe('alice');
    expect((await refusalOf(t.open({ token: lost.accessToken }))).status).toBe(401);
  });

  it('is refused its next message once its session is revoked, whatever the interval', async () => {
    await boot({ sockets: { checkEveryMs: NEVER }, security: { sessions: {} } });
    const tokens = t.app.get(TokenService);
    const { accessToken } = await tokens.issue({ id: 'alice', roles: [] });
    const client = await t.open({ token: accessToken });
    await tokens.revokeAll('alice');
    expect((await client.ask('whoami')).data.status).toBe(401);
    expect((await client.closed).code).toBe(4401);
  });

  it('is closed when nobody can say for long whether its credential is good, and kept over a hiccup', async () => {
    const revocations = new ShakyRevocations();
    await boot({ sockets: { checkEveryMs: 250 }, security: { sessions: { revocations } } });
    const client = await t.open({ token: await tokenFor('alice') });
    revocations.isDown = true;
    expect((await client.ask('whoami')).data).toMatchObject({ status: 503, code: 'unavailable' });
    revocations.isDown = false;
    expect((await client.ask('whoami')).event).toBe('you');
    revocations.isDown = true;
    expect(await client.closed).toEqual({ code: 1013, reason: 'unavailable' });
    expect(closings()).toMatchObject([{ reason: 'credential_unverifiable' }]);
  });

  it('is cut off when it gives no sign of life', async () => {
    await boot({ sockets: { heartbeatMs: 300 } });
    const client = await t.open({ token: await tokenFor('alice') });
    const alive = await t.open({ token: await tokenFor('bob') });
    // What a client whose network is gone looks like from here: nothing it says arrives.
    client.raw.pong = () => undefined;
    expect((await client.closed).code).toBe(1006);
    expect((await alive.ask('whoami')).data.id).toBe('bob');
  });

  it('is one of so many per address and per principal, and makes room when it ends', async () => {
    await boot({ sockets: { maxPerPrincipal: 2, maxPerAddress: 3, checkEveryMs: NEVER } });
    const [alice, bob] = [await tokenFor('alice'), await tokenFor('bob')];
    const first = await t.open({ token: alice });
    await t.open({ token: alice, from: '127.0.0.2' });
    const third = (await refusalOf(t.open({ token: alice, from: '127.0.0.3' }))).status;
    expect(third).toBe(429);
    expect(t.events.at(-1)).toMatchObject({ kind: 'rate_limited', reason: 'connections_of_principal' });

    await t.open({ token: bob });
    await t.open({ path: '/lobby' });
    t.events.length = 0;
    expect((await refusalOf(t.open({ path: '/lobby' }))).status).toBe(429);
    expect(t.events).toMatchObject([{ kind: 'rate_limited', stage: 'connection', reason: 'connections_of_address' }]);

    await first.close();
    await expect
      .poll(async () =>
        t.open({ path: '/lobby' }).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('has a bucket of its own for whatever it sends', async () => {
    await boot({ sockets: { messageRate: perSecond(1, { burst: 3 }), checkEveryMs: NEVER } });
    const client = await t.open({ token: await tokenFor('alice') });
    // socket.io has spent one to join.
    const free = where.library === 'ws' ? 3 : 2;
    for (let sent = 0; sent < free; sent++) expect((await client.ask('whoami')).event).toBe('you');
    expect((await client.ask('whoami')).data).toMatchObject({ status: 429, code: 'rate_limited', retryAfter: 1 });
    t.clock.advance(1_000);
    expect((await client.ask('whoami')).event).toBe('you');
  });
});
