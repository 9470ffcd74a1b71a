import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../app.js';
import { openShop, type Shop } from './shop.js';

describe.each(PLATFORMS)('the security page of the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  it('is for admins', async () => {
    expect((await shop.send('GET /security')).status).toBe(401);
    expect((await shop.as('alice', 'GET /security')).status).toBe(403);
    expect((await shop.as('mia', 'GET /security')).status).toBe(403);
    const { status, headers, text } = await shop.as('ada', 'GET /security');
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ]);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(text.includes('>/orders/:id<')).toBe(true);
  });

  it('shows whom the shop refused, and who still calls the old list of users', async () => {
    await shop.as('bob', 'GET /analytics');
    await shop.as('mia', 'GET /v1/users');
    const { text } = await shop.as('ada', 'GET /security');
    expect(text).toMatch(/id="refusals"[^]*GET \/analytics[^]*0000b0b0[^]*role_missing/);
    expect(text).toMatch(/id="deprecated"[^]*GET \/v1\/users[^]*00003a1a/);
  });
});
