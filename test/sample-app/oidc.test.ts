/** The shop, switched over to a provider by its environment. */

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PLATFORMS } from '../app.js';
import { API, openProvider, type TestProvider } from '../oidc/provider.js';
import { IDS, openShop, ORDERS, type Shop } from './shop.js';

let provider: TestProvider;
beforeAll(async () => {
  provider = await openProvider();
});
afterAll(() => provider.close());

describe.each(PLATFORMS)('the shop with OIDC_ISSUER on %s', (platform) => {
  let shop: Shop;
  afterEach(async () => {
    await shop.close();
    vi.unstubAllEnvs();
  });

  const open = async (): Promise<void> => {
    vi.stubEnv('OIDC_ISSUER', provider.issuer);
    vi.stubEnv('OIDC_AUDIENCE', API);
    vi.stubEnv('OIDC_ID_CLAIM', 'shop_id');
    vi.stubEnv('OIDC_ROLES_CLAIM', 'realm_access.roles');
    shop = await openShop(platform);
  };

  it('takes the tokens of the provider for its own people, and its own tokens as before', async () => {
    await open();
    provider.claims = { shop_id: IDS.alice, realm_access: { roles: ['user'] } };
    const token = await provider.token();
    expect(await shop.send('GET /me', { token })).toMatchObject({
      status: 200,
      body: { id: IDS.alice, username: 'alice' },
    });
    expect((await shop.send(`GET /orders/${ORDERS.alice}`, { token })).status).toBe(200);
    expect((await shop.send(`GET /orders/${ORDERS.bob}`, { token })).status).toBe(404);
    expect((await shop.send('GET /analytics', { token })).status).toBe(403);
    expect((await shop.as('alice', 'GET /me')).status).toBe(200);
  });

  it('goes by the roles of the provider', async () => {
    await open();
    provider.claims = { shop_id: IDS.ada, realm_access: { roles: ['admin'] } };
    expect((await shop.send('GET /analytics', { token: await provider.token() })).status).toBe(200);
  });

  it('refuses tokens that do not say who it is, and those for another API', async () => {
    await open();
    provider.claims = {};
    expect((await shop.send('GET /me', { token: await provider.token() })).status).toBe(401);
    provider.claims = { shop_id: IDS.alice };
    const elsewhere = await provider.token({ resource: 'https://other.example.com' });
    expect((await shop.send('GET /me', { token: elsewhere })).status).toBe(401);
  });

  it('says where its tokens come from', async () => {
    await open();
    const { headers } = await shop.send('GET /me');
    const url = 'http://localhost:3000/.well-known/oauth-protected-resource';
    expect(headers['www-authenticate']).toContain(`Bearer resource_metadata="${url}", DPoP algs="`);
    expect((await shop.send(`GET ${new URL(url).pathname}`)).body).toMatchObject({
      resource: 'http://localhost:3000',
      resource_name: 'Shop',
      authorization_servers: [provider.issuer],
    });
  });
});

describe('the shop without OIDC_ISSUER', () => {
  it('refuses the tokens of any provider', async () => {
    const shop = await openShop('express');
    provider.claims = { shop_id: IDS.alice };
    expect((await shop.send('GET /me', { token: await provider.token() })).status).toBe(401);
    await shop.close();
  });
});
