/** What must not be guessed: without Redis nobody gets in, nobody is told that they did wrong, and nothing crashes. */

import { Controller, Get, Post } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyService, Authenticate, Public, SensitiveFlow, Signed, signRequest } from '../../lib/index.js';
import { redisStores } from '../../lib/redis/redis-stores.js';
import { PLATFORMS, TEST_SECRET, type Answer } from '../app.js';
import { redisServer, type RedisServer } from '../servers/redis-server.js';
import { canStart } from '../servers/shared.js';
import { bootSessions, REFUSED, type SessionApp } from '../sessions/app.js';
import { quickClient, until } from './outage-clients.js';

const hasRedis = await canStart('redis');

const KEY = { id: 'shop', secret: TEST_SECRET };

@Controller()
class PartsController {
  handled = 0;

  @Get('reports')
  @Authenticate('api-key')
  reports() {
    return { ok: true };
  }

  @Post('webhook')
  @Signed()
  webhook() {
    return { ok: true };
  }

  @Post('orders')
  @Public('tests')
  @SensitiveFlow('order', { idempotencyKey: 'required' })
  order() {
    return { ok: true };
  }
}

const UNAVAILABLE = {
  status: 503,
  body: { type: 'about:blank', title: 'Please try again later.', status: 503 },
};

describe.skipIf(!hasRedis).each(PLATFORMS)('an app that lost its Redis, on %s', (platform) => {
  let server: RedisServer;
  let client: Redis;
  let t: SessionApp;
  beforeAll(async () => {
    server = await redisServer();
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    client = await quickClient(server.port);
    t = await boot(client);
  });
  afterEach(async () => {
    await t.close();
    client.disconnect();
    await server.restart();
  });

  const boot = (redis: Redis): Promise<SessionApp> =>
    bootSessions({
      platform,
      controllers: [PartsController],
      security: {
        stores: redisStores(redis, { outage: { sessions: 'closed' }, commandTimeoutMs: 250 }),
        clock: { now: () => Date.now() },
        flows: { secret: TEST_SECRET },
        throttling: {},
        signatures: { keys: [KEY] },
        apiKeys: { rememberMs: 0 },
      },
    });
  const loseRedis = async (): Promise<void> => {
    await server.kill();
    await until(() => client.status !== 'ready');
  };
  const signed = (): Record<string, string> =>
    signRequest(
      { method: 'POST', url: `${t.url}/webhook`, headers: {}, body: '' },
      { key: KEY.secret, keyId: KEY.id, alg: 'hmac-sha256', profile: 'hmac' },
    );

  it('refuses whatever it cannot judge with 503, and serves it again when Redis is back', async () => {
    const { accessToken, refreshToken } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
    const { key } = await t.app.get(ApiKeyService).create({ owner: 'alice', name: 'k' });
    const everything: [what: string, ask: () => Promise<Answer>, after: number][] = [
      ['a valid access token', () => t.send('GET /me', { token: accessToken }), 200],
      // Whoever has lost what Redis kept has to log in again.
      ['a refresh token', () => t.send('POST /auth/refresh', { body: { refresh_token: refreshToken } }), 401],
      ['a login', () => t.send('POST /auth/login', { body: { username: 'bob', password: 'password of bob' } }), 200],
      ['a logout', () => t.send('POST /auth/logout', { body: { refresh_token: refreshToken } }), 204],
      ['an API key', () => t.send('GET /reports', { headers: { 'x-api-key': key } }), 401],
      ['a signed request', () => t.send('POST /webhook', { headers: signed() }), 201],
      ['an order', () => t.send('POST /orders', { headers: { 'idempotency-key': '"one"' } }), 201],
    ];
    await loseRedis();
    for (const [what, ask] of everything) {
      const answer = await ask();
      expect({ what, status: answer.status, body: answer.body }).toEqual({ what, ...UNAVAILABLE });
      expect([what, answer.headers['retry-after']]).toEqual([what, '1']);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(answer.headers['www-authenticate']).toBeUndefined();
      expect(answer.text.toLowerCase()).not.toContain('redis');
    }
    // The log knows why, and tells of nobody's failed credential.
    const refusals = t.events.filter((event) => 'reason' in event && event.kind !== 'store_outage');
    expect(refusals.map(({ kind }) => kind)).not.toContain('credential_refused');
    expect(t.events.filter(({ kind }) => kind === 'server_failed')).toEqual([]);

    await server.restart();
    await until(() => t.events.some(({ kind }) => kind === 'store_recovered'));
    for (const [what, ask, after] of everything) expect([what, (await ask()).status]).toEqual([what, after]);
  });

  it('answers every call of a load with 200 or 503 while Redis hangs and goes on, and nothing else', async () => {
    const { accessToken } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
    const statuses = new Map<number, number>();
    const of = (status: number): number => statuses.get(status) ?? 0;
    let isGoing = true;
    const callers = Array.from({ length: 8 }, async () => {
      while (isGoing) {
        const { status, headers } = await t.send('GET /me', { token: accessToken });
        statuses.set(status, of(status) + 1);
        if (status === 503) expect(headers['retry-after']).toBe('1');
      }
    });
    await until(() => of(200) > 20);
    server.pause();
    await until(() => of(503) > 50);
    server.resume();
    const before = of(200);
    await until(() => of(200) > before + 20);
    isGoing = false;
    await Promise.all(callers);
    expect(new Set(statuses.keys())).toEqual(new Set([200, 503]));
    expect(t.events.filter(({ kind }) => kind === 'server_failed' || kind === 'credential_refused')).toEqual([]);
  });

  it('starts without Redis, counts by itself meanwhile, and has it as soon as it is there', async () => {
    const { accessToken } = await t.tokens.issue({ id: 'alice' });
    await t.close();
    await loseRedis();
    const late = client.duplicate();
    late.on('error', () => undefined);
    t = await boot(late);
    const wrong = { username: 'alice', password: 'wrong' };
    const refresh = (): Promise<Answer> => t.send('POST /auth/refresh', { body: { refresh_token: 'bwr_none' } });
    for (const answer of [
      await t.send('POST /auth/login', { body: wrong }),
      await t.send('GET /me', { token: accessToken }),
    ]) {
      expect({ status: answer.status, body: answer.body }).toEqual(UNAVAILABLE);
    }
    // What asks no store but that of the buckets goes on.
    expect((await refresh()).status).toBe(401);
    expect((await refresh()).headers['ratelimit']).toContain('r=');
    await server.restart();
    await until(() => t.events.some(({ kind }) => kind === 'store_recovered'));
    expect((await t.send('POST /auth/login', { body: wrong })).status).toBe(401);
    late.disconnect();
  });

  it('knows no session any more when Redis comes back empty, and takes none for a stolen one', async () => {
    const { refreshToken } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
    await server.restart();
    await until(() => client.status === 'ready');
    await until(() => t.events.every(({ kind }) => kind !== 'store_outage') || recovered());
    const answer = await t.send('POST /auth/refresh', { body: { refresh_token: refreshToken } });
    expect({ status: answer.status, body: answer.body }).toEqual(REFUSED);
    expect(t.events.some(({ kind }) => kind === 'refresh_reuse')).toBe(false);
  });

  const recovered = (): boolean => t.events.some(({ kind }) => kind === 'store_recovered');

  it('lets nobody have two successors of one refresh token, whatever happened to the answer', async () => {
    const { refreshToken } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
    server.pause();
    const lost = t.send('POST /auth/refresh', { body: { refresh_token: refreshToken } });
    expect((await lost).status).toBe(503);
    server.resume();
    // The server went on and did what it was asked. The same client asks again, and gets what it was to get.
    const again = await t.send('POST /auth/refresh', { body: { refresh_token: refreshToken } });
    expect(again.status).toBe(200);
    const next = await t.send('POST /auth/refresh', { body: { refresh_token: again.body.refresh_token } });
    expect(next.status).toBe(200);
  });
});
