import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, ORDERS, type Shop } from './shop.js';

describe.each(PLATFORMS)('the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  const register = (change: Record<string, unknown> = {}) =>
    shop.send('POST /auth/register', {
      body: { username: 'carol', email: 'carol@example.com', password: 'Tr4vel-light-by-Train', age: 30, ...change },
    });

  it('is healthy for everybody', async () => {
    expect(await shop.send('GET /health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('sends the security headers with every answer, refusals too', async () => {
    for (const line of ['GET /health', 'GET /me', 'GET /nowhere']) {
      const { headers } = await shop.send(line);
      expect(headers['strict-transport-security'], line).toMatch(/max-age=\d{7,}/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-powered-by']).toBeUndefined();
    }
  });

  it('answers a login with a bearer token, and a wrong one with the same 401 for every cause', async () => {
    const login = (username: string, password: string) =>
      shop.send('POST /auth/login', { body: { username, password } });
    const good = await login('alice', 'correct-horse-battery-alice');
    expect(good.status).toBe(200);
    expect(good.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      access_token: expect.stringMatching(/^ey/),
    });
    const wrong = await login('alice', 'correct-horse-battery-bob');
    const unknown = await login('nobody', 'correct-horse-battery-alice');
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(wrong.text).toBe(unknown.text);
  });

  it('registers people who can then log in, and tells what is wrong with an entry', async () => {
    const created = await register();
    expect(created).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^[0-9a-f-]{36}$/), username: 'carol' },
    });
    expect(Object.keys(created.body)).toEqual(['id', 'username']);
    const body = { username: 'carol', password: 'Tr4vel-light-by-Train' };
    expect((await shop.send('POST /auth/login', { body })).status).toBe(200);
    expect((await register()).status).toBe(409);

    const refused = await register({ username: 'x', age: 12, password: 'password', is_admin: true });
    expect(refused.status).toBe(400);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(
      expect.arrayContaining(['#/username', '#/age', '#/password', '#/is_admin']),
    );
    expect(refused.text).not.toContain('"password"');
  });

  it('gives one name to one person, however many ask at once', async () => {
    const from = '127.0.7.7';
    const body = { username: 'erin', email: 'erin@example.com', password: 'Tr4vel-light-by-Train', age: 30 };
    const asked = await Promise.all([1, 2, 3, 4].map(() => shop.send('POST /auth/register', { body, from })));
    expect(asked.map(({ status }) => status).filter((status) => status === 201)).toHaveLength(1);
  });

  it('registers five an hour and address, then says when to come back', async () => {
    let last = await register({ username: 'dave', email: 'dave@example.com' });
    for (let tries = 0; last.status !== 429 && tries < 6; tries++) last = await register();
    expect(last.status).toBe(429);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(600);
    expect(last.headers['ratelimit-policy']).toContain('q=5;w=3600');
  });

  it('shows people themselves, and others only what they may see', async () => {
    const me = await shop.as('alice', 'GET /me');
    expect(me.body).toEqual({ id: IDS.alice, username: 'alice', email: 'alice@example.com', age: 31 });
    expect((await shop.as('bob', `GET /users/${IDS.alice}`)).body).toEqual({ id: IDS.alice, username: 'alice' });
    expect((await shop.as('mia', `GET /users/${IDS.alice}`)).body).toEqual({ id: IDS.alice, username: 'alice' });
    const byAdmin = await shop.as('ada', `GET /users/${IDS.alice}`);
    expect(byAdmin.body).toEqual({
      id: IDS.alice,
      username: 'alice',
      email: 'alice@example.com',
      age: 31,
      is_admin: false,
      created_at: expect.stringMatching(/^\d{4}-/),
    });
    expect(byAdmin.text).not.toContain('argon2');
    expect((await shop.as('alice', 'GET /users/nobody')).status).toBe(404);
  });

  it('lists users for moderators, in pages of at most a hundred', async () => {
    expect((await shop.as('alice', 'GET /v2/users')).status).toBe(403);
    expect((await shop.as('mia', 'GET /v1/users')).body[0]).toEqual({ id: IDS.alice, username: 'alice' });
    const page = await shop.as('mia', 'GET /v2/users?page=2&limit=2');
    expect(page.body).toMatchObject({ page: 2, limit: 2, total: expect.any(Number) });
    expect(page.body.items).toHaveLength(2);
    for (const query of ['limit=101', 'limit=0', 'page=0', 'page=1.5', 'page=x', 'limit=5&limit=6', 'order=asc']) {
      expect((await shop.as('mia', `GET /v2/users?${query}`)).status, query).toBe(400);
    }
    expect((await shop.as('mia', 'GET /users')).status).toBe(404);
  });

  it('lets people change themselves, and only what they may', async () => {
    const change = (who: 'alice' | 'bob' | 'ada', body: unknown) => shop.as(who, `PATCH /users/${IDS.alice}`, { body });
    expect(await change('alice', { age: 32 })).toMatchObject({ status: 200, body: { age: 32 } });
    expect((await change('bob', { age: 33 })).status).toBe(404);
    expect((await change('ada', { age: 31 })).status).toBe(200);
    expect((await change('alice', { age: null })).status).toBe(400);
    expect((await change('alice', { email: null })).status).toBe(400);
    expect((await change('alice', { email: 'BOB@example.com' })).status).toBe(409);
    const refused = await change('alice', { is_admin: true });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/is_admin' }] } });
  });

  it('shows orders to who placed them, and to nobody else', async () => {
    expect((await shop.as('alice', `GET /users/${IDS.alice}/orders`)).body).toHaveLength(1);
    expect((await shop.as('alice', 'GET /orders')).body).toMatchObject([
      { id: ORDERS.alice, user_id: IDS.alice, total: 120 },
    ]);
    expect((await shop.as('alice', `GET /orders/${ORDERS.alice}`)).body).toEqual({
      id: ORDERS.alice,
      user_id: IDS.alice,
      total: 120,
      status: 'open',
      note: '',
    });
    for (const who of ['bob', 'mia', 'ada'] as const) {
      expect((await shop.as(who, `GET /orders/${ORDERS.alice}`)).status, who).toBe(404);
      expect((await shop.as(who, `PATCH /orders/${ORDERS.alice}`, { body: { note: 'x' } })).status, who).toBe(404);
      expect((await shop.as(who, `GET /users/${IDS.alice}/orders`)).status, who).toBe(404);
    }
  });

  it('takes an order through to payment, once', async () => {
    const created = await shop.as('bob', 'POST /orders', { body: { total: 19.99, note: 'gift' } });
    expect(created).toMatchObject({
      status: 201,
      body: { user_id: IDS.bob, total: 19.99, status: 'open', note: 'gift' },
    });
    const order_id = created.body.id as string;
    const noted = await shop.as('bob', `PATCH /orders/${order_id}`, { body: { note: 'no gift' } });
    expect(noted.body).toMatchObject({ note: 'no gift' });

    const pay = (who: 'alice' | 'bob', total: number) => shop.as(who, 'POST /checkout', { body: { order_id, total } });
    expect((await pay('alice', 19.99)).status).toBe(404);
    expect((await pay('bob', 1)).status).toBe(409);
    expect(await pay('bob', 19.99)).toMatchObject({ status: 200, body: { status: 'paid' } });
    expect((await pay('bob', 19.99)).status).toBe(409);
  });

  it('keeps the admin functions for admins', async () => {
    expect((await shop.as('ada', 'GET /analytics')).body).toEqual({
      users: expect.any(Number),
      orders: expect.any(Number),
      revenue: expect.any(Number),
    });
    const missing = '00000000-0000-4000-8000-000000000000';
    for (const who of ['alice', 'mia'] as const) {
      expect((await shop.as(who, 'GET /analytics')).status).toBe(403);
      expect((await shop.as(who, `DELETE /admin/users/${missing}`)).status).toBe(403);
    }
    expect((await shop.as('ada', `DELETE /admin/users/${missing}`)).status).toBe(204);
    expect((await shop.as('alice', `DELETE /users/${missing}`)).status).toBe(403);
    expect((await shop.as('mia', `DELETE /users/${missing}`)).status).toBe(404);
    expect((await shop.as('mia', `DELETE /users/${IDS.ada}`)).status).toBe(403);
  });

  it('takes uploads up to ten mebibytes, counting the bytes that come', async () => {
    const upload = (size: number, extra: Record<string, string> = {}) => {
      const boundary = 'b0undary';
      const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(head), Buffer.alloc(size, 7), Buffer.from(`\r\n--${boundary}--\r\n`)]);
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, ...extra };
      return shop.as('alice', 'POST /uploads', { body, headers });
    };
    expect(await upload(1000)).toMatchObject({ status: 201, body: { filename: 'a.bin', size: 1000 } });
    expect((await upload(10 * 1024 * 1024 + 1)).status).toBe(413);
    const cut = '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhello';
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await shop.as('alice', 'POST /uploads', { body: cut, headers })).status).toBe(400);
    const broken = { body: 'no form', headers: { 'content-type': 'multipart/form-data; boundary=x' } };
    expect((await shop.as('alice', 'POST /uploads', broken)).status).toBe(400);
    expect((await shop.send('POST /uploads')).status).toBe(401);
  });

  it('answers CORS for its own front end only', async () => {
    const ask = (origin: string) => shop.send('GET /health', { headers: { origin } });
    expect((await ask('https://app.example.com')).headers['access-control-allow-origin']).toBe(
      'https://app.example.com',
    );
    for (const origin of [
      'https://app.example.com.evil.test',
      'http://app.example.com',
      'null',
      'https://example.com',
    ]) {
      expect((await ask(origin)).headers['access-control-allow-origin'], origin).toBeUndefined();
    }
  });

  it('answers only on its own hosts', async () => {
    expect((await shop.send('GET /health', { headers: { host: 'evil.test' } })).status).toBe(421);
  });
});
