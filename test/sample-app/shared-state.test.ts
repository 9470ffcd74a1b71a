/** The shop with its state in Redis and Postgres does what it does in memory, and says so when it cannot. */

import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { totp } from '../../lib/index.js';
import { verifyAuditChain } from '../../lib/postgres/index.js';
import { PLATFORMS, send, type Answer } from '../app.js';
import { forgetKeys, forgetSchema } from '../servers/forget.js';
import { postgresServer, type PostgresServer } from '../servers/postgres-server.js';
import { redisServer, type RedisServer } from '../servers/redis-server.js';
import { canStart, sharedPostgres, sharedRedis } from '../servers/shared.js';
import { IDS, listen, openShop, ORDERS, PATIENT, type Shop } from './shop.js';

const [redis, postgres] = await Promise.all([sharedRedis(), sharedPostgres()]);
const newName = (): string => `shop_${randomBytes(4).toString('hex')}`;

describe.skipIf(!redis || !postgres).each(PLATFORMS)('the shop on Redis and Postgres, on %s', (platform) => {
  const name = newName();
  const env = { REDIS_URL: redis?.url ?? '', DATABASE_URL: postgres?.url ?? '', SHOP_NAME: name, ...PATIENT };
  let pool: pg.Pool;
  let shop: Shop;

  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: postgres!.url, max: 2 });
    pool.on('error', () => undefined);
    shop = await openShop(platform, env);
  });
  afterAll(async () => {
    await shop?.close();
    await pool?.end();
    await Promise.all([forgetKeys(redis!.url, name), forgetSchema(postgres!.url, name)]);
  });

  it('keeps users: shown by viewer, changed by their owner, each address once', async () => {
    const mine = await shop.as('alice', `GET /users/${IDS.alice}`);
    expect(mine.body).toEqual({ id: IDS.alice, username: 'alice', email: 'alice@example.com', age: 31 });
    expect((await shop.as('bob', `GET /users/${IDS.alice}`)).body).toEqual({ id: IDS.alice, username: 'alice' });
    const changed = await shop.as('alice', `PATCH /users/${IDS.alice}`, { body: { age: 32 } });
    expect(changed.body).toMatchObject({ age: 32, email: 'alice@example.com' });
    const taken = await shop.as('alice', `PATCH /users/${IDS.alice}`, { body: { email: 'BOB@example.com' } });
    expect(taken.status).toBe(409);
    expect((await shop.as('alice', 'GET /users/nobody')).status).toBe(404);
    expect((await shop.as('alice', 'GET /users/%00')).status).toBe(404);
    expect((await shop.as('alice', "GET /users/'%3B--")).status).toBe(404);
    const page = await shop.as('mia', 'GET /v2/users?limit=2&page=2');
    expect(page.body).toMatchObject({ page: 2, limit: 2, total: 4, items: [{}, {}] });
  });

  it('keeps orders: hers are hers, paid once, noted, counted', async () => {
    const created = await shop.as('alice', 'POST /orders', { body: { total: 12.5, note: "it's" } });
    expect(created.body).toMatchObject({ user_id: IDS.alice, total: 12.5, status: 'open', note: "it's" });
    const path = `orders/${created.body.id}`;
    expect((await shop.as('bob', `GET /${path}`)).status).toBe(404);
    const noted = await shop.as('alice', `PATCH /${path}`, { body: { note: 'beside the door' } });
    expect(noted.body).toMatchObject({ note: 'beside the door', total: 12.5 });
    expect((await shop.as('alice', `PATCH /${path}`, { body: { note: '\0' } })).status).toBe(400);
    const pay = () => {
      const headers = { 'idempotency-key': randomBytes(8).toString('hex') };
      return shop.as('alice', 'POST /checkout', { headers, body: { order_id: created.body.id, total: 12.5 } });
    };
    const tries = await Promise.all([pay(), pay(), pay()]);
    expect(tries.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    expect((await shop.as('ada', 'GET /analytics')).body).toEqual({ users: 4, orders: 3, revenue: 12.5 });
    const list = await shop.as('alice', 'GET /orders');
    expect(list.body.map(({ id }: { id: string }) => id)).toEqual([ORDERS.alice, created.body.id]);
  });

  it('keeps second factors, and asks for them at the next login', async () => {
    const { body: enrolment } = await shop.as('bob', 'POST /auth/mfa/enroll');
    const code = totp({ secret: enrolment.secret as string, now: Date.now() });
    const confirmed = await shop.as('bob', 'POST /auth/mfa/confirm', { body: { code } });
    expect(confirmed.body.recovery_codes).toHaveLength(10);
    const login = { username: 'bob', password: 'correct-horse-battery-bob' };
    const { body: asked } = await shop.send('POST /auth/login', { body: login });
    expect(asked).toMatchObject({ requires_mfa: true });
    const finish = () =>
      shop.send('POST /auth/mfa', {
        body: { mfa_token: asked.mfa_token, code: confirmed.body.recovery_codes[0] },
      });
    expect((await finish()).status).toBe(200);
    expect((await finish()).status).toBe(401);
  });

  it('knows everything again after a restart: users, sessions, keys', async () => {
    const { body: login } = await shop.send('POST /auth/login', {
      body: { username: 'mia', password: 'correct-horse-battery-mia' },
    });
    const key = await shop.as('alice', 'POST /api-keys', { body: { name: 'kept', scopes: ['reports:read'] } });
    await shop.close();
    shop = await openShop(platform, env);
    const refreshed = await shop.send('POST /auth/refresh', { body: { refresh_token: login.refresh_token } });
    expect(refreshed.status).toBe(200);
    const report = await shop.send('GET /reports', { headers: { 'x-api-key': key.body.key as string } });
    expect(report).toMatchObject({ status: 200, body: { paid: 1 } });
    expect((await shop.as('alice', `GET /users/${IDS.alice}`)).body).toMatchObject({ age: 32 });
  });

  it('removes a user with all that is theirs', async () => {
    const body = { username: `gone-${platform}`, email: `gone-${platform}@example.com`, age: 20 };
    const password = 'Quite-a-l0ng-Sentence!';
    const { body: made } = await shop.send('POST /auth/register', { body: { ...body, password } });
    const login = { body: { username: body.username, password } };
    const { body: tokens } = await shop.send('POST /auth/login', login);
    expect((await shop.as('ada', `DELETE /admin/users/${made.id}`)).status).toBe(204);
    expect((await shop.send('GET /me', { token: tokens.access_token as string })).status).toBe(401);
    expect((await shop.send('POST /auth/refresh', { body: { refresh_token: tokens.refresh_token } })).status).toBe(401);
    expect((await shop.send('POST /auth/login', login)).status).toBe(401);
  });

  it('writes every decision into a chain that holds, without a secret in it', async () => {
    await shop.close();
    const verdict = await verifyAuditChain(pool, { schema: name });
    expect(verdict).toMatchObject({ intact: true });
    const { rows } = await pool.query<{ event: string }>(`SELECT event::text FROM ${name}.audit_log`);
    expect(rows.length).toBeGreaterThan(10);
    const text = rows.map(({ event }) => event).join('\n');
    expect(text).not.toMatch(/correct-horse-battery|bwr_[\w-]{10}|bwk_[A-Za-z0-9]{30}|eyJ[\w-]+\.[\w-]+\./);
    shop = await openShop(platform, env);
  });
});

describe.skipIf(!redis || !postgres).each<[engine: string, env: Readonly<Record<string, string>>]>([
  ['Redis', { REDIS_URL: redis?.url ?? '' }],
  ['Postgres', { DATABASE_URL: postgres?.url ?? '' }],
])('two shops on %s alone', (_engine, env) => {
  const name = newName();
  const secret = randomBytes(32).toString('base64');
  const shared = { ...env, SHOP_NAME: name, BULWARK_JWT_SECRET: secret, BULWARK_MFA_KEY: secret, ...PATIENT };
  let shops: readonly Shop[];

  beforeAll(async () => {
    shops = [await openShop('express', shared), await openShop('fastify', shared)];
  });
  afterAll(async () => {
    await Promise.all((shops ?? []).map((shop) => shop.close()));
    await Promise.all([forgetKeys(redis!.url, name), forgetSchema(postgres!.url, name)]);
  });

  it('take each other’s tokens, until one of them hears a logout', async () => {
    const [here, there] = shops as [Shop, Shop];
    const token = here.tokens.alice;
    expect((await there.send('GET /me', { token })).status).toBe(200);
    expect((await here.send('POST /auth/logout', { token })).status).toBe(204);
    expect((await there.send('GET /me', { token })).status).toBe(401);
    expect((await there.as('alice', 'GET /me')).status).toBe(200);
  });

  it('know each other’s API keys', async () => {
    const [here, there] = shops as [Shop, Shop];
    const { body } = await here.as('bob', 'POST /api-keys', { body: { name: 'shared', scopes: ['reports:read'] } });
    expect((await there.send('GET /reports', { headers: { 'x-api-key': body.key as string } })).status).toBe(200);
  });
});

describe.skipIf(!(await canStart('redis')) || !(await canStart('postgres')))('the shop in an outage', () => {
  let ownRedis: RedisServer;
  let ownPostgres: PostgresServer;
  let shop: Shop;

  beforeAll(async () => {
    [ownRedis, ownPostgres] = await Promise.all([redisServer(), postgresServer()]);
    shop = await openShop('express', ownEnv());
  }, 60_000);
  afterAll(async () => {
    await shop?.close();
    await Promise.all([ownRedis?.stop(), ownPostgres?.stop()]);
  });

  const ownEnv = () => ({ REDIS_URL: ownRedis.url, DATABASE_URL: ownPostgres.url, ...PATIENT });

  /** A little of everything. */
  const askAll = async (): Promise<Record<string, Answer>> => {
    const login = { username: 'alice', password: 'correct-horse-battery-alice' };
    const asked = {
      health: shop.send('GET /health'),
      me: shop.as('alice', 'GET /me'),
      order: shop.as('alice', `GET /orders/${ORDERS.alice}`),
      foreign: shop.as('alice', `GET /orders/${ORDERS.bob}`),
      orders: shop.as('alice', 'GET /orders'),
      keys: shop.as('alice', 'GET /api-keys'),
      sessions: shop.as('alice', 'GET /auth/sessions'),
      login: shop.send('POST /auth/login', { body: login }),
      broken: shop.send('GET /me', { token: 'not.a.token' }),
    };
    const entries = Object.entries(asked).map(async ([what, answer]) => [what, await answer] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  const statusesOf = (answers: Record<string, Answer>): Record<string, number> =>
    Object.fromEntries(Object.entries(answers).map(([what, { status }]) => [what, status]));

  const EVERYBODY = { health: 200, broken: 401 };
  const WELL = { ...EVERYBODY, me: 200, order: 200, foreign: 404, orders: 200, keys: 200, sessions: 200, login: 200 };
  const CLOSED = { ...EVERYBODY, me: 503, order: 503, foreign: 503, orders: 503, keys: 503, sessions: 503, login: 503 };

  const wellAgain = async (): Promise<Record<string, number>> => {
    const until = performance.now() + 10_000;
    for (;;) {
      const statuses = statusesOf(await askAll());
      if (!Object.values(statuses).includes(503) || performance.now() > until) return statuses;
      await wait(100);
    }
  };
  const expectProblems = (answers: Record<string, Answer>): void => {
    for (const { status, headers, body } of Object.values(answers)) {
      if (status !== 503) continue;
      expect(headers['content-type']).toContain('application/problem+json');
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(body).toEqual({ type: 'about:blank', title: 'Please try again later.', status: 503 });
    }
  };

  it('answers as ever while both are there', async () => {
    expect(statusesOf(await askAll())).toEqual(WELL);
  });

  it('without Redis: what is open is open, and nobody gets in whose token may be revoked', async () => {
    await ownRedis.kill();
    const began = performance.now();
    const answers = await askAll();
    expect(performance.now() - began).toBeLessThan(1500);
    expectProblems(answers);
    expect(statusesOf(answers)).toEqual(CLOSED);
    await ownRedis.restart();
    // It came back empty: revocations are forgotten, sessions are in Postgres and are not.
    expect(await wellAgain()).toEqual(WELL);
  });

  it('without Postgres: tokens are good, what is asked of the database is 503, nothing is 404 or 500', async () => {
    await ownPostgres.kill();
    const answers = await askAll();
    expectProblems(answers);
    expect(statusesOf(answers)).toEqual(CLOSED);
    await ownPostgres.restart();
    expect(await wellAgain()).toEqual(WELL);
  });

  it('starts while Redis is away, and is whole when Redis comes', async () => {
    await ownRedis.kill();
    const late = await listen('fastify', ownEnv());
    try {
      const body = { username: 'bob', password: 'correct-horse-battery-bob' };
      const login = () => send(late.port, 'POST /auth/login', { body });
      expect((await send(late.port, 'GET /health')).status).toBe(200);
      expect((await login()).status).toBe(503);
      await ownRedis.restart();
      const until = performance.now() + 10_000;
      let answer = await login();
      while (answer.status === 503 && performance.now() < until) {
        await wait(100);
        answer = await login();
      }
      expect(answer.status).toBe(200);
    } finally {
      await late.app.close();
    }
  });

  it('keeps its audit chain whole over both outages', async () => {
    await shop.close();
    const client = new pg.Client({ connectionString: ownPostgres.url });
    await client.connect();
    expect(await verifyAuditChain(client, { schema: 'shop' })).toMatchObject({ intact: true });
    await client.end();
  });
});
