/** The two versions of the shop's user list: the old one says that it ends, and whose successor is the new one. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deprecations } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, type Shop } from './shop.js';

describe.each(PLATFORMS)('the user list of the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  it('is deprecated in its first version, with an end far ahead', async () => {
    const { status, headers, body } = await shop.as('mia', 'GET /v1/users');
    expect(status).toBe(200);
    expect(body).toHaveLength(4);
    expect(headers['deprecation']).toBe(`@${Date.parse('2026-01-01') / 1000}`);
    expect(headers['sunset']).toBe('Thu, 31 Dec 2099 00:00:00 GMT');
    expect(headers['link']).toBe('</v2/users>; rel="successor-version"');
  });

  it('is there to stay in its second, page by page', async () => {
    const { status, headers, body } = await shop.as('mia', 'GET /v2/users?page=2&limit=3');
    expect(status).toBe(200);
    expect(body).toMatchObject({ page: 2, limit: 3, total: 4 });
    expect(body.items).toHaveLength(1);
    expect(headers).not.toHaveProperty('deprecation');
  });

  it('says nothing of its end to those who may not read it', async () => {
    for (const answer of [await shop.send('GET /v1/users'), await shop.as('alice', 'GET /v1/users')]) {
      expect([401, 403]).toContain(answer.status);
      expect(answer.headers).not.toHaveProperty('deprecation');
      expect(answer.headers).not.toHaveProperty('link');
    }
  });

  it('knows who still calls the first', async () => {
    await shop.as('ada', 'GET /v1/users');
    const callers = shop.app.get(Deprecations).callers();
    expect(callers.find(({ id }) => id === IDS.ada)).toMatchObject({
      route: 'UserListV1Controller.list',
      kind: 'principal',
      scheme: 'jwt',
      calls: 1,
    });
    expect(callers.map(({ id }) => id)).not.toContain(IDS.alice);
  });
});
