/** A page of somebody else opens a WebSocket from the browser of a user: CORS would not stop it (RFC 6455 §10.2). */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, refusalOf, type SocketApp } from '../websockets/app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from '../websockets/chat.gateway.js';

const LOOKALIKES = [
  'https://evil.example',
  'null',
  'https://app.example.com.evil.example',
  'https://evilapp.example.com',
  'https://sub.app.example.com',
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com/',
  'https://app.example.com, https://evil.example',
  'https://user@app.example.com',
  'file://',
  '',
];

describe.each(ALL)('cross-site WebSocket hijacking of $library on $platform', (where) => {
  let t: SocketApp;
  let token: string;
  beforeAll(async () => {
    t = await bootSockets({
      ...where,
      providers: [ChatGateway, LobbyGateway, NoteOwnership],
      edge: { origins: ['https://app.example.com'] },
    });
    token = await tokenFor('alice');
  });
  beforeEach(() => void (t.events.length = 0));
  afterAll(() => t?.close());

  it.each(LOOKALIKES)('is refused for a page of %j, on open paths as well', async (origin) => {
    expect((await refusalOf(t.open({ token, headers: { origin } }))).status).toBe(403);
    expect((await refusalOf(t.open({ path: '/lobby', headers: { origin } }))).status).toBe(403);
    expect(t.events.map((event) => 'reason' in event && event.reason)).toEqual([
      'websocket_of_unlisted_origin',
      'websocket_of_unlisted_origin',
    ]);
  });

  it('is refused for a name that was made to point here, where the app names no hosts', async () => {
    const headers = { host: 'rebound.example', origin: 'http://rebound.example' };
    expect((await refusalOf(t.open({ token, headers }))).status).toBe(403);
  });

  it('leaves the listed page its connection, whatever the case of its letters', async () => {
    for (const origin of ['https://app.example.com', 'HTTPS://APP.example.com']) {
      const client = await t.open({ token, headers: { origin } });
      expect((await client.ask('whoami')).data.id).toBe('alice');
    }
  });

  it('finds nothing in a cookie: nobody is known by what a browser sends by itself', async () => {
    const headers = { origin: 'https://app.example.com', cookie: `access_token=${token}; token=${token}` };
    expect((await refusalOf(t.open({ headers }))).status).toBe(401);
  });
});
