/** Who got in with a stolen token is out when the theft is noticed: nothing that the server says reaches them any more. */

import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { afterEach, describe, expect, it } from 'vitest';
import { TokenService } from '../../lib/index.js';
import { ALL, bootSockets, refusalOf, type SocketApp } from '../websockets/app.js';

@WebSocketGateway({ path: '/chat' })
class TickerGateway {
  @WebSocketServer() server!: {
    clients?: Set<{ send(data: string): void; readyState: number }>;
    emit(event: string, data: unknown): void;
  };

  tell(data: unknown): void {
    if (this.server.clients === undefined) this.server.emit('tick', data);
    else
      for (const each of this.server.clients)
        if (each.readyState === 1) each.send(JSON.stringify({ event: 'tick', data }));
  }
}

describe.each(ALL)('a stolen credential over $library on $platform', (where) => {
  let t: SocketApp;
  afterEach(() => t?.close());

  it('hears nothing more after its session was ended, though it never says a word', async () => {
    t = await bootSockets({
      ...where,
      providers: [TickerGateway],
      sockets: { checkEveryMs: 15 },
      security: { sessions: {} },
    });
    const tokens = t.app.get(TokenService);
    const stolen = await tokens.issue({ id: 'alice', roles: [] });
    const thief = await t.open({ token: stolen.accessToken });
    t.app.get(TickerGateway).tell(1);
    expect(await thief.next()).toEqual({ event: 'tick', data: 1 });

    await tokens.revokeAll('alice');
    expect((await thief.closed).code).toBe(4401);
    t.app.get(TickerGateway).tell(2);
    expect((await thief.next()).event).toBe('exception');
    await expect(thief.next()).rejects.toThrow(/closed/);
    expect((await refusalOf(t.open({ token: stolen.accessToken }))).status).toBe(401);

    // The owner logs in again, and is not taken for the thief.
    const fresh = await tokens.issue({ id: 'alice', roles: [] });
    const owner = await t.open({ token: fresh.accessToken });
    t.app.get(TickerGateway).tell(3);
    expect(await owner.next()).toEqual({ event: 'tick', data: 3 });
  });

  it('does not outlive its expiry by being busy with something else', async () => {
    t = await bootSockets({ ...where, providers: [TickerGateway], sockets: { checkEveryMs: 15 } });
    const { accessToken, expiresInSeconds } = (await t.app
      .get(TokenService)
      .issue({ id: 'alice', roles: [] })) as unknown as {
      accessToken: string;
      expiresInSeconds?: number;
    };
    const client = await t.open({ token: accessToken });
    t.clock.advance(((expiresInSeconds ?? 900) + 120) * 1000);
    expect((await client.closed).code).toBe(4401);
  });
});
