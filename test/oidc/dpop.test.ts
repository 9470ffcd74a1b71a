/** DPoP end to end: a real provider binds the tokens, a real client makes the proofs, this library judges them. */

import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SecurityOptions } from '../../lib/index.js';
import { PLATFORMS, type Platform } from '../app.js';
import { API, CLIENTS, OPAQUE_API, openProvider, SCOPES, type TestProvider } from './provider.js';
import { bootResource, issuerOptions, lastReason, type ResourceApp } from './resource-app.js';

let provider: TestProvider;
beforeAll(async () => {
  provider = await openProvider();
});
afterAll(() => provider.close());

const discover = (id: string, auth: client.ClientAuth, issuer = provider.issuer): Promise<client.Configuration> =>
  // eslint-disable-next-line typescript/no-deprecated -- marked so that nobody uses it but for what it is: loopback
  client.discovery(new URL(issuer), id, undefined, auth, { execute: [client.allowInsecureRequests] });

describe.each(PLATFORMS)('DPoP with a provider, on %s', (platform) => {
  let t: ResourceApp;
  afterEach(() => t.close());

  const boot = async (dpop: NonNullable<NonNullable<SecurityOptions['jwt']>['dpop']> = {}): Promise<void> => {
    t = await bootResource(platform, { security: { jwt: { issuers: [issuerOptions(provider)], dpop } } });
  };

  /** A service with a key of its own, and a token that is bound to it. */
  const boundService = async (resource = API) => {
    const config = await discover(CLIENTS.bound.id, client.ClientSecretBasic(CLIENTS.bound.secret));
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
    const { access_token: token, token_type: type } = await client.clientCredentialsGrant(
      config,
      { resource, scope: SCOPES },
      { DPoP },
    );
    expect(type).toBe('dpop');
    const ask = (path: string, method = 'GET', handle: client.DPoPHandle | undefined = DPoP) =>
      client.fetchProtectedResource(config, token, new URL(path, t.url), method, undefined, undefined, {
        DPoP: handle,
      });
    return { config, DPoP, token, ask };
  };

  it('lets in a service whose proofs are made by openid-client', async () => {
    await boot({ mode: 'required' });
    const { ask, token } = await boundService();
    expect(decodeJwt(token).cnf).toEqual({ jkt: expect.any(String) });
    const answer = await ask('/me?page=1');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ id: 'bound-service', scheme: 'jwt', scopes: SCOPES.split(' ') });
    for (let call = 0; call < 3; call++) expect((await ask('/orders')).status).toBe(200);
  });

  it('negotiates nonces with it, and renews them on the way', async () => {
    await boot({ mode: 'required', nonce: { lifetime: 60 } });
    const { ask } = await boundService();
    // openid-client learns the nonce from the first refusal and tries again by itself.
    expect((await ask('/me')).status).toBe(200);
    expect(t.events.filter((event) => event.kind === 'access_refused')).toMatchObject([
      { reason: 'proof_nonce_missing' },
    ]);
    const before = t.events.length;
    const { status, headers } = await ask('/me');
    expect([status, headers.get('dpop-nonce')]).toEqual([200, null]);
    expect(t.events.slice(before).some((event) => 'reason' in event)).toBe(false);
  });

  it('refuses its token from whoever has no key, or another one', async () => {
    await boot();
    const { token, config, ask } = await boundService();
    expect((await ask('/me')).status).toBe(200);
    expect((await t.me(token)).status).toBe(401);
    expect(lastReason(t)).toBe('bound_token_as_bearer');
    const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
    await expect(ask('/me', 'GET', thief)).rejects.toMatchObject({ status: 401 });
    expect(lastReason(t)).toBe('proof_of_another_key');
  });

  it('lets in bearer tokens beside bound ones, where those are allowed', async () => {
    await boot();
    expect((await t.me(await provider.token())).status).toBe(200);
  });

  it('refuses bearer tokens where they are not', async () => {
    await boot({ mode: 'required' });
    const answer = await t.me(await provider.token());
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^DPoP error="invalid_token", algs="/);
    expect(lastReason(t)).toBe('bound_token_required');
  });

  it('holds while the provider rotates its keys: the client keeps its own', async () => {
    await boot({ mode: 'required' });
    const first = await boundService();
    expect((await first.ask('/me')).status).toBe(200);
    provider.rotate();
    t.clock.advance(31_000);
    const second = await boundService();
    // Half a minute is within the age of a proof, and past the cool-down of the keys.
    expect((await first.ask('/me')).status).toBe(200);
    expect((await second.ask('/me')).status).toBe(200);
  });

  it('lets in a person who logged in by code with PKCE', async () => {
    await boot({ mode: 'required' });
    const config = await discover(CLIENTS.web.id, client.None());
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CLIENTS.web.redirectUri,
      scope: `openid ${SCOPES}`,
      resource: API,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce: randomBytes(8).toString('hex'),
    });
    const callback = await followToCallback(url);
    const tokens = await client.authorizationCodeGrant(
      config,
      callback,
      {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: url.searchParams.get('nonce')!,
        idTokenExpected: true,
      },
      { resource: API },
      { DPoP },
    );
    const ask = (token: string) =>
      client.fetchProtectedResource(config, token, new URL('/me', t.url), 'GET', undefined, undefined, { DPoP });
    expect(await (await ask(tokens.access_token)).json()).toMatchObject({ id: 'alice' });
    // An ID token is no access token, whoever proves what.
    await expect(ask(tokens.id_token!)).rejects.toMatchObject({ status: 401 });
  });

  it('holds opaque tokens to their keys as well, by what introspection says', async () => {
    t = await bootResource(platform, {
      security: {
        jwt: {
          introspection: {
            endpoint: `${provider.issuer}/token/introspection`,
            clientId: CLIENTS.api.id,
            clientSecret: CLIENTS.api.secret,
            audience: OPAQUE_API,
            claims: { id: 'client_id' },
            dangerouslyAllowHttp: true,
            dangerouslyAllowPrivate: [provider.host],
          },
          dpop: {},
        },
      },
    });
    const { ask, token, config } = await boundService(OPAQUE_API);
    expect(await (await ask('/me')).json()).toMatchObject({ id: 'bound-service', scheme: 'introspection' });
    expect((await ask('/me')).status).toBe(200);
    expect((await t.me(token)).status).toBe(401);
    expect(lastReason(t)).toBe('bound_token_as_bearer');
    const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
    await expect(ask('/me', 'GET', thief)).rejects.toMatchObject({ status: 401 });
  });

  it('publishes what a client needs that knows nothing but the URL of the API', async () => {
    const resource = { identifier: API };
    t = await bootResource(platform as Platform, {
      security: { jwt: { issuers: [issuerOptions(provider)], resource, dpop: { mode: 'required' } } },
    });
    const challenge = String((await t.send('GET /me')).headers['www-authenticate']);
    expect(challenge).toContain(`resource_metadata="${API}/.well-known/oauth-protected-resource"`);
    const { body } = await t.send('GET /.well-known/oauth-protected-resource');
    expect(body).toMatchObject({
      resource: API,
      authorization_servers: [provider.issuer],
      dpop_bound_access_tokens_required: true,
    });
    const config = await discover(CLIENTS.web.id, client.None(), body.authorization_servers[0]);
    expect(config.serverMetadata().issuer).toBe(provider.issuer);
  });
});

/** Logs in as the browser of a user would: the provider's own pages do the rest. */
async function followToCallback(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let step = 0; step < 10; step++) {
    if (url.href.startsWith(CLIENTS.web.redirectUri)) return url;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`The provider stopped at ${url.pathname}: ${await answer.text()}`);
    url = new URL(location, url);
  }
  throw new Error('The provider never came back.');
}
