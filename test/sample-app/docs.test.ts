import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocsController } from '../../sample-app/docs/docs.controller.js';
import { DocsModule } from '../../sample-app/docs/docs.module.js';
import { InventoryService, type Endpoint, type Inventory } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { openShop, ORDERS, type Shop } from './shop.js';

/** What can be asked by a line of HTTP. GraphQL has a table of its own. */
const overHttp = ({ app }: Shop) =>
  app
    .get(InventoryService)
    .endpoints()
    .filter(({ kind }) => kind === 'handler');

describe.each(PLATFORMS)('what describes the shop, on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  it.each(['/docs', '/docs/openapi.json', '/security/inventory'])('GET %s is for admins', async (path) => {
    expect((await shop.send(`GET ${path}`)).status).toBe(401);
    for (const username of ['alice', 'mia'] as const) {
      expect((await shop.as(username, `GET ${path}`)).status).toBe(403);
    }
    expect((await shop.as('ada', `GET ${path}`)).status).toBe(200);
  });

  it('shows the API in Swagger UI, from its own files alone', async () => {
    const page = await shop.as('ada', 'GET /docs');
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(assets).toHaveLength(3);
    for (const path of assets) {
      const asset = await shop.send(`GET ${path}`);
      expect([path, asset.status, asset.text.length > 50]).toEqual([path, 200, true]);
      expect(asset.headers['content-type']).toBe(
        path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
      );
    }
    const [, inPage] = /id="document">([^<]*)</.exec(page.text) ?? [];
    expect(JSON.parse(inPage!)).toEqual((await shop.as('ada', 'GET /docs/openapi.json')).body);
  });

  it.each(['package.json', '..%2fpackage.json', '%2e%2e%2fpackage.json', 'constructor', 'swagger-ui.js'])(
    'hands out no other file: %s',
    async (file) => {
      expect((await shop.send(`GET /docs/assets/${file}`)).status).toBe(404);
    },
  );

  it('has a valid document, whose locks are those of the guards', async () => {
    const { body } = await shop.as('ada', 'GET /docs/openapi.json');
    const { valid, errors } = await new Validator().validate(structuredClone(body) as Record<string, unknown>);
    expect([valid, errors]).toEqual([true, undefined]);
    const { paths } = body as { paths: Record<string, Record<string, { security: unknown; deprecated?: boolean }>> };
    expect(paths['/health']!['get']!.security).toEqual([]);
    expect(paths['/orders/{id}']!['get']!.security).toEqual([{ jwt: [] }]);
    expect(paths['/reports']!['get']!.security).toEqual([{ 'api-key': [] }]);
    expect(paths['/v1/users']!['get']!.deprecated).toBe(true);
    expect(paths['/v2/users']!['get']!.deprecated).toBeUndefined();
  });

  it('lists what the app exposes, the same on the wire as for whoever asks the service', async () => {
    const { body } = await shop.as('ada', 'GET /security/inventory');
    const inventory = shop.app.get(InventoryService).inventory();
    expect(body).toEqual(JSON.parse(JSON.stringify(inventory)));
    const { endpoints } = body as Inventory;
    expect(endpoints.filter(({ access }) => access === 'unguarded')).toEqual([]);
    expect(endpoints.map(({ id }) => id)).toEqual(expect.arrayContaining(['GET /v1/users', 'GET /security/inventory']));
  });
});

describe.each(PLATFORMS)('the inventory of the shop, on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  const targetOf = ({ method, path }: Endpoint) => `${method} ${path.replace(/:\w+/g, ORDERS.bob)}`;

  it('tells who gets in: nobody unknown where it is closed, and no user where it asks for a higher role', async () => {
    for (const endpoint of overHttp(shop)) {
      const { id, access, roles, schemes } = endpoint;
      const anonymous = await shop.send(targetOf(endpoint));
      if (access === 'public') expect([id, anonymous.status === 403]).toEqual([id, false]);
      else expect([id, anonymous.status]).toEqual([id, 401]);
      if (roles === undefined || !schemes.includes('jwt') || roles.names.includes('user')) continue;
      expect([id, (await shop.as('alice', targetOf(endpoint))).status]).toEqual([id, 403]);
    }
  });

  it('tells of whose objects are whose: another user finds none of them', async () => {
    const owned = overHttp(shop).filter(({ ownership }) => ownership?.kind === 'object');
    expect(owned.length).toBeGreaterThan(1);
    for (const endpoint of owned) {
      expect([endpoint.id, (await shop.as('alice', targetOf(endpoint))).status]).toEqual([endpoint.id, 404]);
    }
  });
});

describe('in production', () => {
  it.each(['production', 'staging', undefined])('there is no documentation (NODE_ENV %s)', (name) => {
    expect(DocsModule.for({ NODE_ENV: name }).controllers).toEqual([]);
  });

  it('there is elsewhere', () => {
    expect(DocsModule.for({ NODE_ENV: 'development' }).controllers).toEqual([DocsController]);
    expect(DocsModule.for({ NODE_ENV: 'test' }).controllers).toEqual([DocsController]);
  });
});
