/** Somebody logs in at a real provider, and calls the API with what the client got: authorization code with PKCE. */

import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../app.js';
import { API, CLIENTS, openProvider, type TestProvider } from './provider.js';
import { bootResource, issuerOptions, lastReason, REFUSED, type ResourceApp } from './resource-app.js';

let provider: TestProvider;
let tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;
beforeAll(async () => {
  provider = await openProvider();
  provider.claims = { realm_access: { roles: ['admin'] } };
  const configuration = await client.discovery(new URL(provider.issuer), CLIENTS.web.id, undefined, client.None(), {
    // oxlint-disable-next-line typescript/no-deprecated -- it is marked so that nobody uses it anywhere but on loopback
    execute: [client.allowInsecureRequests],
  });
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: CLIENTS.web.redirectUri,
    scope: 'openid orders:read',
    resource: API,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  tokens = await client.authorizationCodeGrant(configuration, await logIn(url), { pkceCodeVerifier });
});
afterAll(() => provider.close());

/** As a browser does: follows redirects and keeps cookies, until it is sent back to the app. */
async function logIn(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let step = 0; step < 10 && !url.href.startsWith(CLIENTS.web.redirectUri); step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      cookies.set(name!, value!);
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`The provider answers ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
  }
  return url;
}

describe.each(PLATFORMS)('a login by code and PKCE on %s', (platform) => {
  let t: ResourceApp;
  beforeAll(async () => {
    const options = issuerOptions(provider, { claims: { roles: 'realm_access.roles' } });
    t = await bootResource(platform, { security: { jwt: { issuers: [options] } } });
  });
  afterAll(() => t.close());

  it('opens the API to alice', async () => {
    expect(await t.me(tokens.access_token)).toMatchObject({
      status: 200,
      body: { id: 'alice', roles: ['admin'], scopes: ['orders:read'] },
    });
    expect((await t.send('GET /orders', { token: tokens.access_token })).status).toBe(200);
    expect((await t.send('GET /invoices', { token: tokens.access_token })).status).toBe(403);
  });

  it('does not open it to her ID token', async () => {
    expect(await t.me(tokens.id_token!)).toMatchObject(REFUSED);
    expect(lastReason(t)).toMatch(/^type_/);
  });

  it('does not open it to a token that was changed', async () => {
    const [header, claims, signature] = tokens.access_token.split('.');
    const admin = Buffer.from(claims!, 'base64url').toString().replace('alice', 'admin');
    expect(await t.me(`${header}.${Buffer.from(admin).toString('base64url')}.${signature}`)).toMatchObject(REFUSED);
    expect(lastReason(t)).toBe('signature_mismatch');
  });
});
