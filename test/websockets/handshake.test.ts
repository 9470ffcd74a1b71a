/** Who gets a connection at all: judged before the upgrade is answered, or, in a namespace, before it is joined. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyService, Authenticate, CurrentPrincipal, Returns, Roles, type Principal } from '../../lib/index.js';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { START_MS } from '../app.js';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, refusalOf, type SocketApp } from './app.js';
import { ChatGateway, LobbyGateway, NewsGateway, NoteOwnership } from './chat.gateway.js';

@WebSocketGateway({ path: '/keys' })
class KeysGateway {
  @SubscribeMessage('hello')
  @Authenticate('api-key')
  @Returns(String)
  hello() {
    return { event: 'hello', data: 'machine' };
  }
}

const providers = [ChatGateway, LobbyGateway, NewsGateway, KeysGateway, NoteOwnership];

describe.each(ALL)('a handshake of $library on $platform', ({ library, platform }) => {
  let t: SocketApp;
  let alice: string;
  beforeAll(async () => {
    t = await bootSockets({
      library,
      platform,
      providers,
      edge: { hosts: ['127.0.0.1', 'api.example.com'], origins: ['https://app.example.com'] },
    });
    alice = await tokenFor('alice');
  });
  beforeEach(() => void (t.events.length = 0));
  afterAll(() => t?.close());

  it('takes the token of the Authorization header', async () => {
    const client = await t.open({ token: alice });
    expect((await client.ask('whoami')).data.id).toBe('alice');
  });

  it("takes a browser's token beside the subprotocol `bearer`, and never says it back", async () => {
    const client = await t.open({ token: alice, by: 'protocol' });
    expect(client.protocol).toBe('bearer');
    expect((await client.ask('whoami')).data.id).toBe('alice');
  });

  it("chooses the app's own subprotocol first", async () => {
    const client = await t.open({ token: alice, by: 'protocol', protocols: ['chat.v1'] });
    expect(client.protocol).toBe('chat.v1');
  });

  it('refuses whoever brings nothing, a broken, a foreign or an expired token: the same words for all', async () => {
    const expired = await tokenFor('alice', { iat: START_MS / 1000 - 7200, exp: START_MS / 1000 - 3600 });
    const foreign = await tokenFor('alice', {}, 'another-secret-of-more-than-32-bytes-for-tests');
    const reasons: unknown[] = [];
    for (const token of [undefined, `${alice.slice(0, -4)}AAAA`, foreign, expired]) {
      t.events.length = 0;
      const { status, body } = await refusalOf(t.open({ ...(token !== undefined && { token }), from: '127.0.0.2' }));
      expect(status).toBe(401);
      expect(body).toMatchObject({ type: 'about:blank', title: 'Valid credentials are required.', status: 401 });
      const [event] = t.events as { kind: string; reason: string; subject: object }[];
      reasons.push(`${event!.kind} ${event!.reason.split(':')[0]}`);
      expect(event).toMatchObject({ stage: 'authentication', subject: { path: '/chat', address: '127.0.0.2' } });
      expect(t.events).toHaveLength(1);
    }
    expect(reasons).toEqual([
      'access_refused no_credential',
      'credential_refused signature_mismatch',
      'credential_refused signature_mismatch',
      'credential_refused token_expired',
    ]);
  });

  it('refuses two credentials in one handshake', async () => {
    const both = t.open({ token: alice, by: 'protocol', headers: { authorization: `Bearer ${alice}` } });
    expect((await refusalOf(both)).status).toBe(400);
    const twice = t.open({ protocols: ['bearer', alice, 'BEARER'] });
    expect((await refusalOf(twice)).status).toBe(400);
    const without = t.open({ protocols: ['bearer'] });
    expect((await refusalOf(without)).status).toBe(401);
  });

  it('asks the rules of a gateway that only talks', async () => {
    expect((await refusalOf(t.open({ path: '/news', token: alice }))).body).toMatchObject(
      library === 'ws' ? { status: 403 } : { status: 403, code: 'forbidden' },
    );
    const admin = await t.open({ path: '/news', token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(admin.raw.readyState).toBe(1);
    expect(t.events.find(({ kind }) => kind === 'access_allowed')?.subject).toMatchObject({
      route: 'NewsGateway.handleConnection',
      method: 'CONNECT',
      path: '/news',
    });
  });

  it('takes the kinds of credentials that the messages of the gateway name, and no others', async () => {
    const { key } = await t.app.get(ApiKeyService).create({ owner: 'robot', name: 'robot' });
    const client = await t.open({ path: '/keys', headers: { 'x-api-key': key } });
    expect(await client.ask('hello')).toEqual({ event: 'hello', data: 'machine' });
    const none = await refusalOf(t.open({ path: '/keys' }));
    expect(none.status).toBe(401);
    expect((await refusalOf(t.open({ headers: { 'x-api-key': key } }))).status).toBe(401);
  });

  it('lets in the listed page and programs, and refuses any other page', async () => {
    for (const headers of [{}, { origin: 'https://app.example.com' }] as Record<string, string>[]) {
      expect((await t.open({ token: alice, headers })).raw.readyState).toBe(1);
    }
    t.events.length = 0;
    const refused = await refusalOf(t.open({ token: alice, headers: { origin: 'https://evil.example' } }));
    expect(refused.status).toBe(403);
    expect(t.events).toEqual([
      expect.objectContaining({
        kind: 'edge_refused',
        stage: 'edge',
        code: 'cross_origin',
        reason: 'websocket_of_unlisted_origin',
        subject: { method: 'GET', path: library === 'ws' ? '/chat' : '/chat/', address: '127.0.0.1' },
      }),
    ]);
  });

  it('lets in the page of its own host', async () => {
    const { host } = new URL(t.url);
    expect((await t.open({ token: alice, headers: { origin: `http://${host}` } })).raw.readyState).toBe(1);
    expect((await refusalOf(t.open({ token: alice, headers: { origin: `https://${host}` } }))).status).toBe(403);
  });

  it('refuses another host, as HTTP does', async () => {
    expect((await refusalOf(t.open({ token: alice, headers: { host: 'evil.example' } }))).status).toBe(421);
    expect((await t.open({ token: alice, headers: { host: 'api.example.com' } })).raw.readyState).toBe(1);
  });

  it('keeps on serving HTTP, long polling excepted', async () => {
    const polling = await t.send('GET /chat/?EIO=4&transport=polling', { token: alice });
    expect([polling.status, polling.headers['content-type']]).toEqual([404, 'application/problem+json']);
    expect(t.events.map(({ kind }) => kind)).toContain('route_unknown');
    expect((await t.send('GET /chat/socket.io.js')).status).toBe(404);
  });
});

describe.each(ALL.filter(({ library }) => library === 'socket.io'))('`auth` of socket.io on $platform', (where) => {
  it('may hold the token, one in a header besides is refused, and what is no text', async () => {
    const t = await bootSockets({ ...where, providers });
    try {
      const token = await tokenFor('alice');
      const client = await t.open({ token, by: 'auth' });
      expect((await client.ask('whoami')).data.id).toBe('alice');
      const two = await refusalOf(t.open({ token, by: 'auth', headers: { authorization: `Bearer ${token}` } }));
      expect(two.body).toMatchObject({ status: 400, code: 'invalid_request' });
      for (const odd of [{ token }, [token], 7, true]) {
        const refused = await refusalOf(t.open({ token: odd as unknown as string, by: 'auth' }));
        expect(refused.body).toMatchObject({ status: 401, code: 'invalid_token' });
        expect(t.events.at(-1)).toMatchObject({ kind: 'credential_refused', reason: 'auth_token_not_text' });
      }
      await expect(t.open({ namespace: '/nowhere', token })).rejects.toThrow('Invalid namespace');
    } finally {
      await t.close();
    }
  });
});

describe.each(ALL.filter(({ library }) => library === 'socket.io'))('namespaces of socket.io on $platform', (where) => {
  @Roles('admin')
  @WebSocketGateway({ path: '/chat', namespace: 'staff' })
  class StaffGateway {
    @SubscribeMessage('hello')
    @Returns(String)
    hello(@CurrentPrincipal() { id }: Principal) {
      return { event: 'hello', data: id };
    }
  }

  it('are asked each for itself, with the token that came for it', async () => {
    const t = await bootSockets({ ...where, providers: [StaffGateway] });
    try {
      const [alice, ada] = [await tokenFor('alice'), await tokenFor('ada', { roles: ['admin'] })];
      const admin = await t.open({ namespace: '/staff', token: ada, by: 'auth' });
      expect(await admin.ask('hello')).toEqual({ event: 'hello', data: 'ada' });
      expect((await refusalOf(t.open({ namespace: '/staff', token: alice, by: 'auth' }))).status).toBe(403);
      expect((await refusalOf(t.open({ namespace: '/staff' }))).status).toBe(401);
      // The namespace that is always there, and that no gateway has.
      t.events.length = 0;
      expect((await refusalOf(t.open({ token: ada }))).status).toBe(404);
      expect(t.events).toMatchObject([{ kind: 'access_refused', reason: 'no_gateway_there' }]);
    } finally {
      await t.close();
    }
  });
});

describe.each(ALL)('plain transport with $library on $platform', (where) => {
  it('is refused where HTTPS is required', async () => {
    const t = await bootSockets({ ...where, providers: [LobbyGateway], edge: { https: 'redirect' } });
    try {
      expect((await refusalOf(t.open({ path: '/lobby' }))).status).toBe(403);
      expect(t.events).toEqual([expect.objectContaining({ code: 'insecure_transport' })]);
    } finally {
      await t.close();
    }
  });
});
