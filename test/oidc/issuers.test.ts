/** Tokens of a real provider, beside those of our own. */

import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyService, TokenService } from '../../lib/index.js';
import { PLATFORMS, TEST_SECRET } from '../app.js';
import { openProvider, type TestProvider } from './provider.js';
import { bootResource, issuerOptions, lastReason, REFUSED, type ResourceApp } from './resource-app.js';

let provider: TestProvider;
beforeAll(async () => {
  provider = await openProvider();
});
afterAll(() => provider.close());

describe.each(PLATFORMS)('tokens of a provider on %s', (platform) => {
  let t: ResourceApp;
  beforeEach(() => {
    provider.asked.length = 0;
    provider.claims = {};
  });
  afterEach(() => t.close());

  it('are found by discovery, once, and let in', async () => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider)] } } });
    const token = await provider.token();
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    provider.asked.length = 0;
    for (let call = 0; call < 3; call++) {
      expect(await t.me(token)).toMatchObject({
        status: 200,
        body: { id: 'service', scheme: 'jwt', scopes: ['orders:read', 'orders:write', 'reports:read'], expires: true },
      });
    }
    await t.me(await provider.token());
    expect(provider.asked.filter((line) => line.startsWith('GET'))).toEqual([
      'GET /.well-known/openid-configuration',
      'GET /jwks',
    ]);
  });

  it('are refused where they are for another API', async () => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider)] } } });
    expect(await t.me(await provider.token({ resource: 'https://other.example.com' }))).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('audience_not_accepted');
  });

  it('are refused once they have expired', async () => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider)] } } });
    const token = await provider.token();
    expect((await t.me(token)).status).toBe(200);
    t.clock.advance(606_000);
    expect(await t.me(token)).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('token_expired');
  });

  it('carry the scopes that routes ask for, and a challenge says which are missing', async () => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider)] } } });
    const token = await provider.token({ scope: 'orders:read' });
    expect((await t.send('GET /orders', { token })).status).toBe(200);
    const refused = await t.send('GET /invoices', { token });
    expect(refused.status).toBe(403);
    expect(refused.headers['www-authenticate']).toBe('Bearer error="insufficient_scope", scope="invoices:read"');
  });

  it('work beside our own tokens and API keys', async () => {
    t = await bootResource(platform, {
      security: {
        jwt: {
          secret: TEST_SECRET,
          issuer: 'https://shop.example',
          audience: 'https://shop.example',
          issuers: [issuerOptions(provider, { idPrefix: 'idp' })],
        },
      },
    });
    const own = await t.app.get(TokenService).issue({ id: 'alice' });
    expect(await t.me(own.accessToken)).toMatchObject({ status: 200, body: { id: 'alice' } });
    expect(await t.me(await provider.token())).toMatchObject({ status: 200, body: { id: 'idp:service' } });
    const { key } = await t.app.get(ApiKeyService).create({ owner: 'alice', name: 'k' });
    expect((await t.send('GET /me', { headers: { authorization: `ApiKey ${key}` } })).status).toBe(401);
    expect(await t.send('GET /hello', { token: await provider.token() })).toMatchObject({ text: 'Hello idp:service' });
    expect(await t.send('GET /hello', { token: `${await provider.token()}x` })).toMatchObject({ status: 401 });
  });

  it('need no secret of ours, and then none of ours is good', async () => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider)] } } });
    await expect(t.app.get(TokenService).issue({ id: 'alice' })).rejects.toThrow('there are verification keys only');
    const { tokenFor } = await import('../tokens.js');
    expect(await t.me(await tokenFor('alice'))).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('issuer_missing');
    expect(await t.me(await tokenFor('alice', { iss: 'https://elsewhere.example' }))).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('issuer_not_accepted');
    expect(await t.me(await tokenFor('alice', { iss: provider.issuer }))).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('algorithm_not_allowed');
  });

  it('are revoked with everything else of their subject', async () => {
    t = await bootResource(platform, { security: { sessions: {}, jwt: { issuers: [issuerOptions(provider)] } } });
    const token = await provider.token();
    expect((await t.me(token)).status).toBe(200);
    await t.app.get(TokenService).revokeAll('service');
    expect(await t.me(token)).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('token_revoked');
  });

  it.each([
    ['a path', 'realm_access.roles', { realm_access: { roles: ['admin', 'user'] } }, ['admin', 'user']],
    ['a name that is a URL', 'https://x.example/roles', { 'https://x.example/roles': ['admin'] }, ['admin']],
    ['names on the way', ['resource_access', 'a.b', 'roles'], { resource_access: { 'a.b': { roles: ['x'] } } }, ['x']],
    ['a function', (claims: Readonly<Record<string, unknown>>) => [String(claims.group)], { group: 'g' }, ['g']],
    ['nothing where it is text', 'role', { role: 'admin' }, []],
    ['nothing where one is no text', 'roles', { roles: ['admin', 1] }, []],
    ['nothing from a prototype', 'constructor.name', {}, []],
    ['nothing where the function fails', () => JSON.parse('{') as unknown, {}, []],
  ])('get their roles from %s', async (_what, roles, claims, expected) => {
    provider.claims = claims;
    t = await bootResource(platform, {
      security: { jwt: { issuers: [issuerOptions(provider, { claims: { roles } })] } },
    });
    expect((await t.me(await provider.token())).body.roles).toEqual(expected);
  });

  it.each([
    ['scp as text', {}, { scp: 'a b' }],
    ['scp as a list', {}, { scp: ['a', 'b'] }],
    ['elsewhere', { scopes: 'permissions' }, { permissions: ['a', 'b'] }],
  ])('get their scopes from %s', async (_what, mapping, claims) => {
    provider.claims = claims;
    t = await bootResource(platform, {
      security: { jwt: { issuers: [issuerOptions(provider, { claims: mapping })] } },
    });
    expect((await t.me(await provider.token({ scope: '' }))).body.scopes).toEqual(['a', 'b']);
  });

  it('get their tenant and id from claims, and are refused where those are missing', async () => {
    t = await bootResource(platform, {
      security: { jwt: { issuers: [issuerOptions(provider, { claims: { id: 'person.oid', tenant: 'tid' } })] } },
    });
    provider.claims = { person: { oid: 'p-1' }, tid: 'acme' };
    expect((await t.me(await provider.token())).body).toMatchObject({ id: 'p-1', tenant: 'acme' });
    provider.claims = { person: { oid: 'p-1' } };
    expect(await t.me(await provider.token())).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('claim_missing: tenant');
    provider.claims = { person: { oid: 7 }, tid: 'acme' };
    expect(await t.me(await provider.token())).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('claim_missing: id');
  });

  it('are found below a path, as realms are', async () => {
    const realm = await openProvider({ path: '/realms/acme' });
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(realm, { tenant: 'acme' })] } } });
    expect((await t.me(await realm.token())).body).toMatchObject({ id: 'service', tenant: 'acme' });
    expect(decodeJwt(await realm.token()).iss).toBe(realm.issuer);
    await realm.close();
  });
});
