/** What is published of an API (RFC 9728), and how every challenge points to it. */

import { Controller, Get, HttpException, Module, UnauthorizedException } from '@nestjs/common';
import type { Strategy } from 'passport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Authenticate,
  BootAudit,
  passport,
  ProtectedResourceController,
  Public,
  secureApp,
  SecurityModule,
  type SecurityOptions,
} from '../../lib/index.js';
import { readChallenges, writeChallenges } from '../../lib/authentication/resource/challenge-list.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import { boundToken, bootOrders, makeKey, sendBound, type BoundKey } from './bound.js';

const IDENTIFIER = 'https://api.example.com';
const METADATA_URL = 'https://api.example.com/.well-known/oauth-protected-resource';
const POINTER = `resource_metadata="${METADATA_URL}"`;
const ALGS = 'algs="ES256"';

let key: BoundKey;
beforeAll(async () => {
  key = await makeKey();
});

@Controller()
class RudeController {
  @Get('rude')
  @Public()
  rude() {
    throw new UnauthorizedException();
  }

  @Get('teapot')
  @Public()
  teapot() {
    throw new HttpException('short and stout', 418);
  }
}

describe.each(PLATFORMS)('metadata on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootOrders(
      {
        issuer: 'https://id.example.com',
        resource: {
          identifier: IDENTIFIER,
          authorizationServers: ['https://id.example.com', 'https://tenant.example.org/'],
          scopes: ['orders:read', 'orders:write'],
          name: 'Orders',
          documentation: 'https://example.com/docs',
          policy: 'https://example.com/policy',
          termsOfService: 'https://example.com/terms',
        },
        dpop: { mode: 'allowed', algorithms: ['ES256'] },
        mtls: {},
      },
      { platform },
    );
  });
  afterAll(() => t.close());

  it('say whose tokens are taken, and how', async () => {
    const answer = await t.send('GET /.well-known/oauth-protected-resource');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers['cache-control']).toBe('public, max-age=300');
    expect(answer.body).toEqual({
      resource: IDENTIFIER,
      authorization_servers: ['https://id.example.com', 'https://tenant.example.org/'],
      scopes_supported: ['orders:read', 'orders:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Orders',
      resource_documentation: 'https://example.com/docs',
      resource_policy_uri: 'https://example.com/policy',
      resource_tos_uri: 'https://example.com/terms',
      tls_client_certificate_bound_access_tokens: true,
      dpop_signing_alg_values_supported: ['ES256'],
      dpop_bound_access_tokens_required: false,
    });
  });

  it('are those of no other resource', async () => {
    for (const path of ['/other', '/', '/a/b']) {
      expect((await t.send(`GET /.well-known/oauth-protected-resource${path}`)).status, path).toBe(404);
    }
  });

  it('stand in every challenge', async () => {
    const challenge = async (path: string, token?: string) =>
      (await t.send(`GET ${path}`, token === undefined ? {} : { token })).headers['www-authenticate'];
    const token = await tokenFor('alice', { iss: 'https://id.example.com' });
    expect(await challenge('/orders')).toBe(`Bearer ${POINTER}, DPoP ${ALGS}, ${POINTER}`);
    expect(await challenge('/either')).toBe(`Bearer ${POINTER}, DPoP ${ALGS}, ${POINTER}, ApiKey ${POINTER}`);
    expect(await challenge('/orders', 'broken')).toBe(
      `Bearer error="invalid_token", ${POINTER}, DPoP ${ALGS}, ${POINTER}`,
    );
    expect(await challenge('/orders?access_token=a', token)).toBe(`Bearer error="invalid_request", ${POINTER}`);
    expect(await challenge('/scoped', token)).toBe(
      `Bearer error="insufficient_scope", scope="orders:read", ${POINTER}`,
    );
    expect(await challenge('/admin', token)).toBe(`Bearer error="insufficient_scope", ${POINTER}`);
    // RFC 9470 §3, with what it asks for.
    expect(await challenge('/vault', token)).toBe(
      `Bearer error="insufficient_user_authentication", acr_values="gold", max_age="300", ${POINTER}`,
    );
  });

  it('stand in those of DPoP too', async () => {
    const refused = await sendBound(t, 'GET /orders', key);
    expect(refused.headers['www-authenticate']).toBe(`DPoP error="invalid_token", ${ALGS}, ${POINTER}`);
    const token = await boundToken(key, { iss: 'https://id.example.com' });
    const unproven = await sendBound(t, 'GET /orders', key, { token, claims: { htm: 'PUT' } });
    expect(unproven.headers['www-authenticate']).toBe(`DPoP error="invalid_dpop_proof", ${ALGS}, ${POINTER}`);
  });

  it('give the origin that proofs are for', async () => {
    const { cnf, ...rest } = { cnf: { jkt: key.jkt }, iss: 'https://id.example.com' };
    const token = await tokenFor('alice', { cnf, ...rest });
    expect((await sendBound(t, 'GET /orders', key, { token })).status).toBe(200);
  });
});

describe('a challenge of the app’s own', () => {
  it('points there as well, and nothing else gets one', async () => {
    const t = await bootApp({
      controllers: [RudeController],
      security: { jwt: { secret: TEST_SECRET, resource: { identifier: IDENTIFIER } } },
    });
    expect((await t.send('GET /rude')).headers['www-authenticate']).toBe(`Bearer ${POINTER}`);
    expect((await t.send('GET /teapot')).headers['www-authenticate']).toBeUndefined();
    expect((await t.send('GET /nowhere')).headers['www-authenticate']).toBeUndefined();
    await t.close();
  });
});

describe('a route that takes no token', () => {
  const s = { name: 's', authenticate: (): never => undefined as never } as unknown as Strategy;
  const scheme = (challenge: string) =>
    passport(s, { challenge, idPrefix: 's', presents: ({ headers }) => 'x-s' in headers });

  @Controller()
  class OtherWaysController {
    @Get('key')
    @Authenticate('api-key')
    key() {
      return 'x';
    }

    @Get('signed')
    @Authenticate('signature')
    signed() {
      return 'x';
    }

    @Get('ticket')
    @Authenticate(scheme('Ticket realm="shop"'))
    ticket() {
      return 'x';
    }

    @Get('negotiate')
    @Authenticate(scheme('Negotiate YWJj=='))
    negotiate() {
      return 'x';
    }
  }

  it('points there as well, unless the challenge has no room for it', async () => {
    const t = await bootApp({
      controllers: [OtherWaysController],
      security: {
        jwt: { secret: TEST_SECRET, resource: { identifier: IDENTIFIER } },
        signatures: { keys: [{ id: 'shop', secret: TEST_SECRET }] },
      },
    });
    const challenge = async (path: string, headers = {}) =>
      (await t.send(`GET ${path}`, { headers })).headers['www-authenticate'];
    expect(await challenge('/key')).toBe(`ApiKey ${POINTER}`);
    expect(await challenge('/key', { 'x-api-key': 'bwk_broken' })).toMatch(new RegExp(`^ApiKey .*${POINTER}$`));
    expect(await challenge('/signed')).toContain(POINTER);
    expect(await challenge('/ticket')).toBe(`Ticket realm="shop", ${POINTER}`);
    expect(await challenge('/negotiate')).toBe('Negotiate YWJj==');
    await t.close();
  });
});

describe('an identifier with a path', () => {
  it('has its metadata behind the well-known path, and nowhere else', async () => {
    const t = await bootOrders({ resource: { identifier: 'https://api.example.com/v1/shop' } });
    const url = 'https://api.example.com/.well-known/oauth-protected-resource/v1/shop';
    expect((await t.send('GET /orders')).headers['www-authenticate']).toBe(`Bearer resource_metadata="${url}"`);
    expect((await t.send(`GET ${new URL(url).pathname}`)).body).toEqual({
      resource: 'https://api.example.com/v1/shop',
      bearer_methods_supported: ['header'],
    });
    for (const path of ['', '/v1', '/v1/shop/', '/v1/shop/x', '/v1/shop/x/y/z', '/v1%2Fshop']) {
      expect((await t.send(`GET /.well-known/oauth-protected-resource${path}`)).status, path).toBe(404);
    }
    await t.close();
  });
});

describe('the controller', () => {
  const resource = { identifier: IDENTIFIER };

  it('stays away where something else publishes', async () => {
    const t = await bootOrders({ resource: { ...resource, controller: false } });
    expect((await t.send('GET /.well-known/oauth-protected-resource')).status).toBe(404);
    expect((await t.send('GET /orders')).headers['www-authenticate']).toBe(`Bearer ${POINTER}`);
    await t.close();
  });

  it('gives the boot audit nothing to tell', async () => {
    const t = await bootApp({
      prepare: (app) => secureApp(app, { hosts: ['127.0.0.1'] }),
      security: { bootAudit: 'enforce', jwt: { secret: TEST_SECRET, resource, dpop: {} } },
    });
    const findings = t.app.get(BootAudit).findings();
    expect(findings).toEqual([]);
    await t.close();
  });

  it('is listed by hand with forRootAsync, and only where there is something to publish', async () => {
    const boot = async (jwt: SecurityOptions['jwt'], controllers: (typeof ProtectedResourceController)[]) => {
      class AppModule {}
      const useFactory = (): SecurityOptions => ({ bootAudit: 'off', jwt: { secret: TEST_SECRET, ...jwt } });
      Module({ imports: [SecurityModule.forRootAsync({ useFactory })], controllers })(AppModule);
      const { NestFactory } = await import('@nestjs/core');
      const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
      try {
        await app.init();
      } finally {
        await app.close();
      }
    };
    await expect(boot({ resource }, [ProtectedResourceController])).resolves.toBeUndefined();
    await expect(boot({ resource }, [])).rejects.toThrow('cannot mount ProtectedResourceController');
    await expect(boot({}, [ProtectedResourceController])).rejects.toThrow('there is nothing to publish');
  });
});

describe('a list of challenges', () => {
  it.each([
    'Bearer',
    'Bearer, ApiKey',
    'Bearer error="a, b", scope="c d", DPoP algs="ES256 PS256"',
    'Basic realm="say \\"x\\", y", Negotiate, Bearer a=1',
    'Negotiate YWJj==, Bearer',
    '',
  ])('is read as it was written: %s', (value) => {
    expect(writeChallenges(readChallenges(value))).toBe(value);
  });

  it('knows parameters from schemes', () => {
    expect(readChallenges('Bearer error="a, b=c",scope=d , DPoP algs="x", Negotiate YWJj==')).toEqual([
      { scheme: 'Bearer', parameters: ['error="a, b=c"', 'scope=d'] },
      { scheme: 'DPoP', parameters: ['algs="x"'] },
      { scheme: 'Negotiate', parameters: ['YWJj=='] },
    ]);
  });
});
