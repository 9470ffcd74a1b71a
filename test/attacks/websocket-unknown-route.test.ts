/** Upgrades on paths that no gateway has: routes of HTTP, files, guesses. Nobody is upgraded, and guessing has its price. */

import { Controller, Get } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { perMinute, Returns } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, openWs, refusalOf, type SocketApp } from '../websockets/app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from '../websockets/chat.gateway.js';

@Controller('me')
class MeController {
  @Get()
  @Returns(String)
  me() {
    return 'me';
  }
}

const PATHS = [
  '/',
  '/me',
  '/me?x=1',
  '/nothing',
  '/chat/../me',
  '/ch%61t',
  '//chat',
  '/CHAT',
  '/chat;x',
  '/chatx',
  '/.env',
];

describe.each(ALL)('an upgrade where no gateway is, $library on $platform', (where) => {
  let t: SocketApp;
  afterEach(() => t?.close());
  const port = () => Number(new URL(t.url).port);

  it('is a 404 for everybody, and told as a route that is unknown', async () => {
    t = await bootSockets({
      ...where,
      controllers: [MeController],
      providers: [ChatGateway, LobbyGateway, NoteOwnership],
    });
    const token = await tokenFor('alice');
    for (const path of PATHS) {
      t.events.length = 0;
      const refused = await refusalOf(openWs(port(), { path, token }));
      expect([path, refused.status]).toEqual([path, 404]);
      expect(refused.body).toEqual({ type: 'about:blank', title: 'Not found.', status: 404 });
      expect(refused.headers['content-type']).toBe('application/problem+json');
      expect(t.events.map(({ kind }) => kind)).toEqual(['route_unknown']);
    }
    expect((await t.send('GET /me', { token })).status).toBe(200);
    expect((await (await t.open({ token })).ask('whoami')).data.id).toBe('alice');
  });

  it('is charged to the address, which is blocked in the end', async () => {
    t = await bootSockets({
      ...where,
      providers: [LobbyGateway],
      security: { throttling: { address: perMinute(3) } },
    });
    for (let tried = 0; tried < 3; tried++) await refusalOf(openWs(port(), { path: `/guess${tried}` }));
    expect((await refusalOf(t.open({ path: '/lobby' }))).status).toBe(429);
    expect((await t.open({ path: '/lobby', from: '127.0.0.9' })).raw.readyState).toBe(1);
  });

  it('that is no WebSocket is answered, and does no harm', async () => {
    t = await bootSockets({ ...where, controllers: [MeController], providers: [ChatGateway, NoteOwnership] });
    const token = await tokenFor('alice');
    const target = where.library === 'ws' ? '/chat' : '/chat/?EIO=4&transport=websocket';
    for (const headers of [
      { connection: 'Upgrade', upgrade: 'h2c' },
      { connection: 'Upgrade', upgrade: 'websocket' },
      { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '8' },
    ] as Record<string, string>[]) {
      expect((await t.send(`GET ${target}`, { token, headers })).status).toBe(400);
    }
    expect((await (await t.open({ token })).ask('whoami')).data.id).toBe('alice');
  });
});
