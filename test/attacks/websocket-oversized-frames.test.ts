/** Frames larger than anybody needs, whole, in pieces or never ending, are not kept in memory. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, type SocketApp } from '../websockets/app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from '../websockets/chat.gateway.js';

describe.each(ALL)('oversized frames over $library on $platform', (where) => {
  let t: SocketApp;
  let token: string;
  beforeAll(async () => {
    t = await bootSockets({
      ...where,
      providers: [ChatGateway, LobbyGateway, NoteOwnership],
      sockets: { messageLimit: '2 KiB' },
    });
    token = await tokenFor('alice');
  });
  beforeEach(() => void (t.events.length = 0));
  afterAll(() => t?.close());
  const tooLarge = () => t.events.filter(({ kind }) => kind === 'edge_refused');

  it('end the connection with 1009, and are told once', async () => {
    const client = await t.open({ token });
    client.say('say', { text: 'x'.repeat(4_096) });
    expect((await client.closed).code).toBe(1009);
    expect(tooLarge()).toMatchObject([
      { code: 'payload_too_large', reason: 'message_too_large', subject: { path: '/chat' } },
    ]);
  });

  it('are counted together when they come in pieces', async () => {
    const client = await t.open({ token });
    for (let piece = 0; piece < 10; piece++) client.raw.send('x'.repeat(512), { fin: false });
    expect((await client.closed).code).toBe(1009);
    expect(tooLarge()).toHaveLength(1);
  });

  it('cannot be announced compressed: nothing is unpacked', async () => {
    const client = await t.open({ token });
    expect(client.raw.extensions).toBe('');
  });

  it('leave what fits alone', async () => {
    const client = await t.open({ token });
    expect((await client.ask('say', { text: 'x'.repeat(1_024) })).data).toMatchObject({
      status: 400,
      code: 'invalid_input',
    });
    expect((await client.ask('say', { text: 'short' })).data).toBe('short');
  });
});
