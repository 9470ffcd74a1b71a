/** The rules of the pipeline hold for every message, and what leaves is what the handler declares. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, type SocketApp } from './app.js';
import { ChatGateway, LobbyGateway, NewsGateway, NoteOwnership } from './chat.gateway.js';

describe.each(ALL)('messages of $library on $platform', (where) => {
  let t: SocketApp;
  let alice: string;
  let ada: string;
  beforeAll(async () => {
    t = await bootSockets({ ...where, providers: [ChatGateway, LobbyGateway, NewsGateway, NoteOwnership] });
    alice = await tokenFor('alice');
    ada = await tokenFor('ada', { roles: ['admin'] });
  });
  afterAll(() => t?.close());

  it('knows the caller in handlers, and tells the app who connected', async () => {
    const client = await t.open({ token: alice });
    expect(await client.ask('whoami')).toEqual({ event: 'you', data: { id: 'alice', same: true } });
    expect(t.app.get(ChatGateway).seen).toContain('alice');
  });

  it('lets in whoever holds the role, and refuses whoever does not, with the event of the same refusal over HTTP', async () => {
    const admin = await t.open({ token: ada });
    expect(await admin.ask('admin')).toEqual({ event: 'admin', data: 'welcome' });
    const client = await t.open({ token: alice });
    t.events.length = 0;
    expect(await client.ask('admin')).toEqual({
      event: 'exception',
      data: { type: 'about:blank', title: 'You may not do this.', status: 403, code: 'forbidden', event: 'admin' },
    });
    expect(t.events).toEqual([
      expect.objectContaining({
        kind: 'access_refused',
        stage: 'roles',
        code: 'forbidden',
        subject: {
          route: 'ChatGateway.admin',
          method: 'MESSAGE',
          path: '/chat#admin',
          address: '127.0.0.1',
          principal: { id: 'alice', scheme: 'jwt' },
        },
      }),
    ]);
  });

  it('hands on the object of its owner, and answers a foreign one like a missing one', async () => {
    const client = await t.open({ token: alice });
    expect(await client.ask('note', { id: '1' })).toEqual({ event: 'note', data: '1' });
    const missing = await client.ask('note', { id: '2' });
    const other = await t.open({ token: ada });
    const foreign = await other.ask('note', { id: '1' });
    expect(foreign).toEqual(missing);
    expect(foreign.data).toMatchObject({ status: 404, code: 'not_found' });
    for (const odd of [undefined, 'text', { id: ['1'] }, { __proto__: { id: '1' } }]) {
      expect((await client.ask('note', odd)).data.status).toBe(404);
    }
  });

  it('takes the declared input, and refuses other fields with a pointer and no echo', async () => {
    const client = await t.open({ token: alice });
    expect(await client.ask('say', { text: 'hello' })).toEqual({ event: 'said', data: 'hello' });
    t.events.length = 0;
    const answer = await client.ask('say', { text: 'hello', isAdmin: 'secret-value' });
    expect(answer.data).toMatchObject({ status: 400, code: 'invalid_input', event: 'say' });
    expect(answer.data.errors).toEqual([expect.objectContaining({ pointer: '#/isAdmin' })]);
    expect(JSON.stringify(answer)).not.toContain('secret-value');
    expect(t.events.map(({ kind }) => kind)).toEqual(['access_allowed', 'input_refused']);
  });

  it('filters what leaves by shape, owner and role, single, listed and streamed', async () => {
    const client = await t.open({ token: alice });
    expect((await client.ask('people')).data).toEqual([{ id: 'alice', email: 'alice@example.com' }, { id: 'bob' }]);
    expect((await client.ask('stream')).data).toEqual({ id: 'alice', email: 'alice@example.com' });
    expect((await client.next()).data).toEqual({ id: 'bob' });
    expect((await client.ask('undeclared')).data).toEqual({});
    const admin = await t.open({ token: ada });
    expect((await admin.ask('people')).data).toEqual([
      { id: 'alice', note: 'a good customer' },
      { id: 'bob', note: 'owes us' },
    ]);
  });

  it('charges the bucket of the message and says when to come again', async () => {
    const client = await t.open({ token: await tokenFor('limited') });
    expect((await client.ask('limited')).event).toBe('limited');
    expect((await client.ask('limited')).event).toBe('limited');
    const refused = await client.ask('limited');
    expect(refused.data).toMatchObject({ status: 429, code: 'rate_limited', retryAfter: 1800 });
    // Another connection of the same principal has no bucket of its own.
    const again = await t.open({ token: await tokenFor('limited') });
    expect((await again.ask('limited')).data.status).toBe(429);
  });

  it('tells nothing of a crash but a number to ask by, and what the app wrote for clients as it is', async () => {
    const client = await t.open({ token: alice });
    t.events.length = 0;
    const crashed = await client.ask('crash', { secret: 'echo-me' });
    expect(crashed.data).toEqual({
      type: 'about:blank',
      title: 'Something went wrong on our side.',
      status: 500,
      event: 'crash',
      instance: expect.stringMatching(/^urn:uuid:/),
    });
    expect(t.events.at(-1)).toMatchObject({ kind: 'server_failed', subject: { route: 'ChatGateway.crash' } });
    expect((await client.ask('full')).data).toMatchObject({ status: 400, detail: 'the room is full', event: 'full' });
  });

  it('opens a public gateway to strangers, closed messages excepted', async () => {
    const stranger = await t.open({ path: '/lobby' });
    expect(await stranger.ask('hello')).toEqual({ event: 'hello', data: 'stranger' });
    expect((await stranger.ask('admin')).data).toMatchObject({ status: 401, code: 'unauthenticated' });
    // Nobody was sent away: the stranger never had a credential.
    expect((await stranger.ask('hello')).data).toBe('stranger');
    const known = await t.open({ path: '/lobby', token: ada });
    expect(await known.ask('hello')).toEqual({ event: 'hello', data: 'ada' });
    expect((await known.ask('admin')).data).toBe('welcome');
  });
});
