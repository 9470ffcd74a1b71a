/** Opaque tokens of a real provider, and of one that answers as a test says (RFC 7662). */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TokenService, type IntrospectionOptions } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { fails, hangs, hangsUp, html, openKeySite, type KeySite, type SiteReply } from '../issuers/key-site.js';
import { CLIENTS, OPAQUE_API, openProvider, type TestProvider } from './provider.js';
import { bootResource, issuerOptions, lastReason, REFUSED, type ResourceApp } from './resource-app.js';

let provider: TestProvider;
let site: KeySite;
let t: ResourceApp | undefined;
beforeAll(async () => {
  provider = await openProvider();
  site = await openKeySite(Date.now() / 1000);
});
afterAll(() => Promise.all([provider.close(), site.close()]));
beforeEach(() => {
  provider.asked.length = 0;
  provider.claims = {};
  provider.misbehave = undefined;
  site.asked.length = 0;
});
afterEach(async () => {
  await t?.close();
  t = undefined;
});

const introspection = (more: Partial<IntrospectionOptions> = {}): IntrospectionOptions => ({
  endpoint: `${provider.issuer}/token/introspection`,
  clientId: CLIENTS.api.id,
  clientSecret: CLIENTS.api.secret,
  audience: OPAQUE_API,
  issuer: provider.issuer,
  claims: { id: 'client_id' },
  dangerouslyAllowHttp: true,
  dangerouslyAllowPrivate: [provider.host],
  ...more,
});
const questions = () => provider.asked.filter((line) => line === 'POST /token/introspection').length;
const opaque = (scope?: string) => provider.token({ resource: OPAQUE_API, ...(scope !== undefined && { scope }) });

describe.each(PLATFORMS)('opaque tokens of a provider on %s', (platform) => {
  const boot = async (more: Partial<IntrospectionOptions> = {}) => {
    t = await bootResource(platform, { security: { jwt: { introspection: introspection(more) } } });
    return t;
  };

  it('are asked about once for all calls of a minute, and then again', async () => {
    await boot();
    const token = await opaque();
    const answers = await Promise.all(Array.from({ length: 20 }, () => t!.me(token)));
    for (const answer of answers) {
      expect(answer).toMatchObject({
        status: 200,
        body: {
          id: 'service',
          scheme: 'introspection',
          scopes: ['orders:read', 'orders:write', 'reports:read'],
          expires: true,
        },
      });
    }
    expect(questions()).toBe(1);
    t!.clock.advance(45_000);
    await t!.me(token);
    expect(questions()).toBe(1);
    t!.clock.advance(15_100);
    expect((await t!.me(token)).status).toBe(200);
    expect(questions()).toBe(2);
  });

  it('are refused within a minute of being revoked', async () => {
    await boot();
    const token = await opaque();
    expect((await t!.me(token)).status).toBe(200);
    await fetch(`${provider.issuer}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${CLIENTS.service.id}:${CLIENTS.service.secret}`)}` },
      body: new URLSearchParams({ token }),
    });
    t!.clock.advance(60_100);
    expect(await t!.me(token)).toMatchObject(REFUSED);
    expect(lastReason(t!)).toBe('token_inactive');
  });

  it('carry scopes, and are refused for another API', async () => {
    await boot();
    expect((await t!.send('GET /orders', { token: await opaque('orders:read') })).status).toBe(200);
    expect((await t!.send('GET /invoices', { token: await opaque('orders:read') })).status).toBe(403);
    await t!.close();
    await boot({ audience: 'https://another.example.com' });
    expect(await t!.me(await opaque())).toMatchObject(REFUSED);
    expect(lastReason(t!)).toBe('audience_not_accepted');
  });

  it('that were made up are refused, and each asked about once', async () => {
    await boot();
    for (let call = 0; call < 3; call++) expect(await t!.me('made-up')).toMatchObject(REFUSED);
    expect(questions()).toBe(1);
  });

  it('work beside JWTs of the same provider and tokens of our own', async () => {
    t = await bootResource(platform, {
      security: {
        sessions: {},
        jwt: {
          secret: 'a-secret-of-more-than-32-bytes-for-tests-only',
          issuers: [issuerOptions(provider, { idPrefix: 'idp' })],
          introspection: introspection({ idPrefix: 'idp' }),
        },
      },
    });
    expect((await t.me(await opaque())).body).toMatchObject({ id: 'idp:service', scheme: 'introspection' });
    expect((await t.me(await provider.token())).body).toMatchObject({ id: 'idp:service', scheme: 'jwt' });
    const { accessToken } = await t.app.get(TokenService).issue({ id: 'alice' });
    expect((await t.me(accessToken)).body).toMatchObject({ id: 'alice' });
    await t.app.get(TokenService).revokeAll('idp:service');
    expect(await t.me(await opaque())).toMatchObject(REFUSED);
  });

  it('are refused with a 503 where the provider cannot say, and never let in', async () => {
    await boot({ timeoutMs: 200 });
    const token = await opaque();
    for (const reply of [fails, hangs, hangsUp, html]) {
      provider.misbehave = (request, response) => {
        reply(request, response);
        return true;
      };
      const answer = await t!.me(token);
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
      // Left alone for a second.
      const before = questions();
      expect((await t!.me(token)).status).toBe(503);
      expect(questions()).toBe(before);
      t!.clock.advance(1_100);
    }
    expect(t!.events).toContainEqual(expect.objectContaining({ kind: 'upstream_failed', upstream: provider.host }));
    provider.misbehave = undefined;
    expect((await t!.me(token)).status).toBe(200);
  });
});

describe('an answer', () => {
  const nowS = () => Math.floor(Date.now() / 1000);
  const GOOD = { active: true, sub: 'alice', aud: 'api', token_type: 'Bearer', iat: nowS() };
  const boot = async (answer: unknown, more: Partial<IntrospectionOptions> = {}) => {
    const reply: SiteReply = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        sent = { authorization: request.headers.authorization, body: Buffer.concat(chunks).toString() };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      });
    };
    site.pages.set('/introspect', reply);
    t = await bootResource('express', {
      security: {
        jwt: {
          introspection: {
            endpoint: `${site.issuer}/introspect`,
            clientId: 'my:api',
            clientSecret: 's p&ce',
            audience: 'api',
            dangerouslyAllowHttp: true,
            dangerouslyAllowPrivate: [site.host],
            ...more,
          },
        },
      },
    });
    return t;
  };
  let sent: { authorization: string | undefined; body: string };

  it('that is good lets in, and the question was asked as RFC 7662 has it', async () => {
    await boot({ ...GOOD, scope: 'a b', username: 'Alice' });
    expect((await t!.me('opaque+token/~=')).body).toMatchObject({ id: 'alice', scopes: ['a', 'b'], expires: false });
    expect(Buffer.from(sent.authorization!.slice(6), 'base64').toString()).toBe('my%3Aapi:s+p%26ce');
    expect(Object.fromEntries(new URLSearchParams(sent.body))).toEqual({
      token: 'opaque+token/~=',
      token_type_hint: 'access_token',
    });
  });

  it('is asked for with the secret in the body where the provider wants that', async () => {
    await boot(GOOD, { clientAuth: 'post' });
    expect((await t!.me('opaque')).status).toBe(200);
    expect(sent.authorization).toBeUndefined();
    expect(new URLSearchParams(sent.body).get('client_secret')).toBe('s p&ce');
  });

  it.each<[what: string, answer: object, reason: string, more?: Partial<IntrospectionOptions>]>([
    ['inactive', { active: false }, 'token_inactive'],
    ['active in other words', { ...GOOD, active: 'true' }, 'token_inactive'],
    ['active by a number', { ...GOOD, active: 1 }, 'token_inactive'],
    ['silent', {}, 'token_inactive'],
    ['over', { ...GOOD, exp: 1_000 }, 'token_expired'],
    ['over at a time that is none', { ...GOOD, exp: 'tomorrow' }, 'exp_not_a_number'],
    ['not good yet', { ...GOOD, nbf: 9_999_999_999 }, 'token_not_yet_valid'],
    ['of no date', { ...GOOD, iat: undefined }, 'iat_missing'],
    ['for nobody in particular', { ...GOOD, aud: undefined }, 'audience_missing'],
    ['for another API', { ...GOOD, aud: ['other'] }, 'audience_not_accepted'],
    ['of nobody', { ...GOOD, sub: undefined }, 'claim_missing: id'],
    ['of a number', { ...GOOD, sub: 7 }, 'claim_missing: id'],
    ['about a refresh token', { ...GOOD, token_type: 'refresh_token' }, 'not_an_access_token: token_type'],
    ['about an ID token', { ...GOOD, typ: 'ID' }, 'not_an_access_token: typ'],
    ['about a token of no kind', { ...GOOD, token_type: undefined }, 'token_type_missing'],
    ['about a token of another kind', { ...GOOD, token_type: 'N_A' }, 'token_type_not_allowed'],
    [
      'of another issuer',
      { ...GOOD, iss: 'https://evil.example' },
      'issuer_not_accepted',
      { issuer: 'https://id.example' },
    ],
    ['of an issuer that is none', { ...GOOD, iss: ['https://id.example'] }, 'issuer_not_a_string'],
  ])('that is %s refuses', async (_what, answer, reason, more) => {
    await boot(answer, more);
    expect(await t!.me('opaque')).toMatchObject(REFUSED);
    expect(lastReason(t!)).toBe(reason);
  });

  it('is used no longer than the token is good', async () => {
    await boot({ ...GOOD, exp: nowS() + 20 });
    expect((await t!.me('opaque')).status).toBe(200);
    t!.clock.advance(26_000);
    expect(await t!.me('opaque')).toMatchObject(REFUSED);
    expect(lastReason(t!)).toBe('token_expired');
  });

  it('is not used twice where nothing may be remembered', async () => {
    await boot(GOOD, { cacheFor: 0 });
    await t!.me('opaque');
    await t!.me('opaque');
    expect(site.asked).toHaveLength(2);
  });

  it('with a thousand levels is no answer', async () => {
    await boot({ ...GOOD, x: JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`) as unknown });
    expect((await t!.me('opaque')).status).toBe(503);
    expect(t!.events).toContainEqual(
      expect.objectContaining({
        kind: 'upstream_failed',
        reason: `${site.host} answers JSON that is nested too deeply`,
      }),
    );
  });

  it('of another kind of token is not asked for: what looks like a JWT is judged as one', async () => {
    await boot(GOOD);
    const jwt = `${btoa('{"alg":"none"}').replaceAll('=', '')}.e30.AAAA`;
    expect(await t!.me(jwt)).toMatchObject(REFUSED);
    expect(site.asked).toEqual([]);
  });

  it('is not asked for by more than 64 new tokens at once', async () => {
    site.pages.set('/introspect', hangs);
    t = await bootResource('express', {
      security: {
        jwt: {
          introspection: {
            endpoint: `${site.issuer}/introspect`,
            clientId: 'api',
            clientSecret: 'secret',
            audience: 'api',
            timeoutMs: 500,
            dangerouslyAllowHttp: true,
            dangerouslyAllowPrivate: [site.host],
          },
        },
      },
    });
    const answers = await Promise.all(Array.from({ length: 90 }, (_, n) => t!.me(`made-up-${n}`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(site.asked.length).toBeLessThanOrEqual(64);
  });
});
