import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../app.js';
import { openShop, type Shop } from './shop.js';

describe.each(PLATFORMS)('API keys in the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  const create = async (change: object = {}) => {
    const body = { name: 'nightly report', scopes: ['reports:read'], ...change };
    return shop.as('alice', 'POST /api-keys', { body });
  };
  const report = (key: string) => shop.send('GET /reports', { headers: { 'x-api-key': key } });
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string;

  it('open the reports of their owner', async () => {
    const made = await create({ expires_in_days: 30 });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
      key: expect.stringMatching(/^bwk_/),
      name: 'nightly report',
      scopes: ['reports:read'],
      expires_at: time,
    });
    expect(await report(made.body.key)).toMatchObject({ status: 200, body: { orders: 1, paid: 0, total: 120 } });
    const named = { authorization: `ApiKey ${made.body.key}` };
    expect((await shop.send('GET /reports', { headers: named })).status).toBe(200);
    expect((await shop.send('GET /reports', { token: made.body.key })).status).toBe(401);
    expect((await shop.send(`GET /reports?api_key=${made.body.key}`)).status).toBe(401);
  });

  it('open nothing else, and no reports without the scope', async () => {
    const { key } = (await create()).body;
    for (const line of ['GET /me', 'GET /orders', 'GET /api-keys', 'POST /api-keys']) {
      const body = line.startsWith('POST') ? { body: { name: 'another' } } : {};
      expect((await shop.send(line, { headers: { 'x-api-key': key }, ...body })).status, line).toBe(401);
    }
    for (const scopes of [undefined, [], ['orders:read']]) {
      expect((await report((await create({ scopes })).body.key)).status).toBe(403);
    }
    const both = { headers: { 'x-api-key': key } };
    expect((await shop.as('alice', 'GET /reports', both)).status).toBe(400);
    expect((await shop.as('alice', 'GET /me', both)).status).toBe(400);
  });

  it('are listed without themselves', async () => {
    const { id, key } = (await create({ name: 'listed' })).body;
    await report(key);
    const listed = await shop.as('alice', 'GET /api-keys');
    expect(listed.text).not.toContain('bwk_');
    expect(listed.body[0]).toEqual({
      id,
      name: 'listed',
      scopes: ['reports:read'],
      created_at: time,
      expires_at: time,
      last_used_at: time,
    });
    expect((await shop.as('bob', 'GET /api-keys')).body).toEqual([]);
  });

  it('rotate with an overlap', async () => {
    const first = (await create()).body;
    const rotated = await shop.as('alice', `POST /api-keys/${first.id}/rotate`);
    expect(rotated.status).toBe(200);
    expect(rotated.body).toEqual({ id: first.id, key: expect.stringMatching(/^bwk_/), overlap_until: time });
    const old = await report(first.key);
    expect(old.status).toBe(200);
    expect(old.headers.deprecation).toMatch(/^@\d{10}$/);
    expect(new Date(old.headers.sunset as string).getTime()).toBe(
      Math.floor(Date.parse(rotated.body.overlap_until) / 1000) * 1000,
    );
    const fresh = await report(rotated.body.key);
    expect(fresh.status).toBe(200);
    expect(fresh.headers).not.toHaveProperty('sunset');
  });

  it('are revoked at once, by their owner only', async () => {
    const { id, key } = (await create()).body;
    expect((await report(key)).status).toBe(200);
    for (const who of ['bob', 'mia', 'ada'] as const) {
      expect((await shop.as(who, `DELETE /api-keys/${id}`)).status).toBe(404);
      expect((await shop.as(who, `POST /api-keys/${id}/rotate`)).status).toBe(404);
    }
    expect((await shop.as('alice', `DELETE /api-keys/${id}`)).status).toBe(204);
    expect((await report(key)).status).toBe(401);
    expect((await shop.as('alice', `DELETE /api-keys/${id}`)).status).toBe(404);
    expect((await shop.as('alice', `POST /api-keys/${id}/rotate`)).status).toBe(404);
  });

  it.each([{ name: '' }, { scopes: ['Reports'] }, { expires_in_days: 366 }, { owner: 'bob' }, { roles: ['admin'] }])(
    'are not made from %j',
    async (change) => {
      expect((await create(change)).status).toBe(400);
    },
  );
});
