/** A token in the URL of a WebSocket is in the logs of every proxy on the way (ASVS 14.2.1). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, refusalOf, type SocketApp } from '../websockets/app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from '../websockets/chat.gateway.js';

describe.each(ALL)('a token in the query, $library on $platform', (where) => {
  let t: SocketApp;
  let token: string;
  beforeAll(async () => {
    t = await bootSockets({ ...where, providers: [ChatGateway, LobbyGateway, NoteOwnership] });
    token = await tokenFor('alice');
  });
  afterAll(() => t?.close());

  it.each(['access_token', 'token', 'jwt', 'authorization', 'bearer', 'auth_token', 'api_key'])(
    'is refused as %s',
    async (name) => {
      const query = `?${name}=${token}`;
      t.events.length = 0;
      for (const opening of [{ query }, { query, path: '/lobby' }, { query, token }]) {
        expect((await refusalOf(t.open(opening))).status).toBe(401);
      }
      expect(t.events.map((event) => `${event.kind} ${'reason' in event && event.reason}`)).toEqual(
        Array<string>(3).fill('credential_refused token_in_query'),
      );
      // Told without the query: the log would be the next place to find it.
      expect(JSON.stringify(t.events)).not.toContain(token);
    },
  );

  it('leaves other parameters alone', async () => {
    const client = await t.open({ query: '?room=tokens&v=2', token });
    expect((await client.ask('whoami')).data.id).toBe('alice');
  });

  it('is never in an event, wherever else it came', async () => {
    await t.open({ token, by: 'protocol' });
    expect(JSON.stringify(t.events)).not.toContain(token);
  });
});
