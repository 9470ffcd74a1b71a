/** Four processes of the sample app behind one Redis and one Postgres hold to one truth. */

import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../../lib/postgres/index.js';
import type { Answer } from '../app.js';
import { forgetKeys, forgetSchema } from '../servers/forget.js';
import { sharedPostgres, sharedRedis } from '../servers/shared.js';
import { openFleet, type Fleet } from './fleet.js';

const [redis, postgres] = await Promise.all([sharedRedis(), sharedPostgres()]);

describe.skipIf(!redis || !postgres)('four processes behind one Redis and one Postgres', () => {
  const name = `fleet_${randomBytes(4).toString('hex')}`;
  let fleet: Fleet;

  beforeAll(async () => {
    const env = { REDIS_URL: redis!.url, DATABASE_URL: postgres!.url, SHOP_NAME: name };
    fleet = await openFleet({ size: 4, env });
  }, 60_000);

  afterAll(async () => {
    await fleet?.close();
    await Promise.all([forgetKeys(redis!.url, name), forgetSchema(postgres!.url, name)]);
  });

  const logIn = async (instance: number, username = 'alice'): Promise<Answer['body']> => {
    const body = { username, password: `correct-horse-battery-${username}` };
    const { status, body: tokens } = await fleet.instances[instance]!.send('POST /auth/login', { body });
    expect(status).toBe(200);
    return tokens;
  };
  const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);

  it('admit at most what one bucket allows, however the calls are spread', async () => {
    const began = performance.now();
    const calls = Array.from({ length: 75 }, () => fleet.everywhere('GET /health', { from: '127.0.7.1' }));
    const answers = (await Promise.all(calls)).flat();
    const tookSeconds = (performance.now() - began) / 1000;
    const admitted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect(admitted.length + refused.length).toBe(300);
    // 100 a minute: the bucket, and what flows in while the test runs.
    expect(admitted.length).toBeGreaterThanOrEqual(100);
    expect(admitted.length).toBeLessThanOrEqual(100 + Math.ceil((tookSeconds * 100) / 60));
    expect(refused.every(({ headers }) => Number(headers['retry-after']) >= 1)).toBe(true);
    expect(statuses(await fleet.everywhere('GET /health', { from: '127.0.7.2' }))).toEqual([200, 200, 200, 200]);
  });

  it('take a token that another of them issued, and none that nobody did', async () => {
    const { access_token: token } = await logIn(0);
    expect(statuses(await fleet.everywhere('GET /me', { token }))).toEqual([200, 200, 200, 200]);
    expect(statuses(await fleet.everywhere('GET /me', { token: `${token}x` }))).toEqual([401, 401, 401, 401]);
  });

  it('rotate a refresh token once that comes to all of them at once', async () => {
    const { refresh_token } = await logIn(1);
    const answers = await fleet.everywhere('POST /auth/refresh', { body: { refresh_token } });
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    const successors = new Set(answers.map(({ body }) => body.refresh_token as string));
    expect(successors.size).toBe(1);
    expect(successors.has(refresh_token)).toBe(false);
    const [next] = successors;
    const again = await fleet.instances[2]!.send('POST /auth/refresh', { body: { refresh_token: next } });
    expect(again.status).toBe(200);
    const sessions = await fleet.instances[3]!.send('GET /auth/sessions', { token: again.body.access_token });
    expect(sessions.body.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
  });

  it('end a session everywhere when a stolen token comes back, wherever it does', async () => {
    const { refresh_token } = await logIn(0, 'bob');
    const first = await fleet.instances[1]!.send('POST /auth/refresh', { body: { refresh_token } });
    const second = await fleet.instances[2]!.send('POST /auth/refresh', {
      body: { refresh_token: first.body.refresh_token },
    });
    expect(second.status).toBe(200);
    const stolen = await fleet.instances[3]!.send('POST /auth/refresh', { body: { refresh_token } });
    expect(stolen.status).toBe(401);
    const owner = await fleet.everywhere('POST /auth/refresh', { body: { refresh_token: second.body.refresh_token } });
    expect(statuses(owner)).toEqual([401, 401, 401, 401]);
    expect(statuses(await fleet.everywhere('GET /me', { token: second.body.access_token }))).toEqual([
      401, 401, 401, 401,
    ]);
  });

  it('see at once that somebody logged out at another', async () => {
    const { access_token: token } = await logIn(2);
    expect(statuses(await fleet.everywhere('GET /me', { token }))).toEqual([200, 200, 200, 200]);
    expect((await fleet.instances[0]!.send('POST /auth/logout', { token })).status).toBeLessThan(300);
    expect(statuses(await fleet.everywhere('GET /me', { token }))).toEqual([401, 401, 401, 401]);
  });

  it('refuse a revoked API key everywhere within five seconds', async () => {
    const { access_token: token } = await logIn(0);
    const made = await fleet.instances[0]!.send('POST /api-keys', {
      token,
      body: { name: 'reports', scopes: ['reports:read'] },
    });
    expect(made.status).toBe(201);
    const headers = { 'x-api-key': made.body.key as string };
    const ask = () => fleet.everywhere('GET /reports', { headers, from: '127.0.7.4' });
    // Every instance has seen the key, and may remember it.
    expect(statuses(await ask())).toEqual([200, 200, 200, 200]);
    const revoked = await fleet.instances[1]!.send(`DELETE /api-keys/${made.body.id}`, { token });
    expect(revoked.status).toBe(204);
    const since = performance.now();
    let asked = 0;
    let last: Answer[];
    do {
      await new Promise((resolve) => setTimeout(resolve, 100));
      asked = performance.now() - since;
      last = await ask();
    } while (last.some(({ status }) => status === 200) && asked < 5000);
    // Whatever was asked five seconds after it is refused; how long the answers took does not matter.
    expect(statuses(last)).toEqual([401, 401, 401, 401]);
  }, 30_000);

  it('know who registered at another of them, and give a name to one only', async () => {
    const body = { username: 'carol', email: 'carol@example.com', password: 'Quite-a-l0ng-Sentence!', age: 33 };
    const answers = await fleet.everywhere('POST /auth/register', { body, from: '127.0.7.5' });
    expect(statuses(answers).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
    const login = { username: 'carol', password: body.password };
    expect(statuses(await fleet.everywhere('POST /auth/login', { body: login }))).toEqual([200, 200, 200, 200]);
  });

  it('slow down one who guesses passwords, though each guess goes to another', async () => {
    const guess = (index: number) =>
      fleet.instances[index % 4]!.send('POST /auth/login', {
        body: { username: 'mia', password: `wrong-${index}` },
        from: '127.0.7.6',
      });
    const answers: Answer[] = [];
    for (let index = 0; index < 8; index++) answers.push(await guess(index));
    expect(statuses(answers)).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  });

  it('charge a payment once that is sent to all of them under one key', async () => {
    const { access_token: token } = await logIn(3);
    const order = await fleet.instances[0]!.send('POST /orders', { token, body: { total: 25 } });
    const answers = await fleet.everywhere('POST /checkout', {
      token,
      body: { order_id: order.body.id, total: 25 },
      headers: { 'idempotency-key': randomBytes(8).toString('hex') },
    });
    const paid = answers.filter(({ status }) => status === 200);
    expect(paid.length).toBeGreaterThanOrEqual(1);
    // Whoever did not get the answer again was told that the first is under way; nobody's was a second try.
    expect(statuses(answers).every((status) => status === 200 || status === 409)).toBe(true);
    expect(fleet.output()).not.toMatch(/"status":5\d\d/);
  });

  it('lose nothing when one of them dies', async () => {
    const { refresh_token } = await logIn(3);
    await fleet.instances[3]!.kill();
    const answer = await fleet.instances[0]!.send('POST /auth/refresh', { body: { refresh_token } });
    expect(answer.status).toBe(200);
  });

  it('write one chain of decisions together, and it holds', async () => {
    await fleet.close();
    const client = new pg.Client({ connectionString: postgres!.url });
    await client.connect();
    const verdict = await verifyAuditChain(client, { schema: name });
    await client.end();
    expect(verdict).toMatchObject({ intact: true, rows: expect.any(Number) });
    expect((verdict as { rows: number }).rows).toBeGreaterThan(50);
  });
});
