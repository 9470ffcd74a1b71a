/** secureApp over HTTP: what every answer carries, what is refused before routing, and how. */

import { Body, Controller, Get, Header, Post, Res, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public, secureApp, type EdgeOptions } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Platform, type TestApp } from '../app.js';

@Public('tests')
@Controller()
class Things {
  @Get('things')
  things() {
    return [];
  }
  @Post('things')
  create(@Body('name') name: string) {
    return { name };
  }
  @Get('page')
  @Header('Cache-Control', 'max-age=60')
  @Header('Content-Security-Policy', "default-src 'self'")
  page() {
    return 'page';
  }
  @Get('by-hand')
  byHand(@Res() response: { send(body: string): unknown }) {
    response.send('by hand');
  }
}

const OPTIONS: EdgeOptions = { hosts: ['127.0.0.1', 'api.example.com'], origins: ['https://app.example.com'] };

const boot = (platform: Platform, options: EdgeOptions = OPTIONS, prepare?: (app: INestApplication) => unknown) =>
  bootApp({
    platform,
    controllers: [Things],
    security: { responses: { dangerouslyPassUndeclared: true } },
    prepare: async (app) => {
      secureApp(app, options);
      await prepare?.(app);
    },
  });

const HEADERS = {
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()',
  'cache-control': 'no-store',
};

describe.each(PLATFORMS)('a secured app on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await boot(platform, OPTIONS, (app) => {
      const raw = app.getHttpAdapter().getInstance() as {
        get(path: string, handler: (...args: never[]) => unknown): void;
      };
      raw.get('/raw', (_request: never, response: { send(body: string): unknown }) => response.send('raw'));
      app.use('/middleware', (_request: unknown, response: { end(body: string): unknown }) =>
        response.end('middleware'),
      );
    });
  });
  afterAll(() => t.close());

  it.each([
    ['an answer', 'GET /things', 200],
    ['an answer by hand', 'GET /by-hand', 200],
    ['a 404', 'GET /nowhere', 404],
    ['a raw route', 'GET /raw', 200],
    ['middleware that answers itself', 'GET /middleware', 200],
    ['a HEAD', 'HEAD /things', 200],
    ['a malformed target', 'GET /%ZZ', platform === 'fastify' ? 400 : 404],
    ['a refused method', 'PURGE /things', 405],
  ])('puts the security headers on %s', async (_what, line, status) => {
    const answer = await t.send(line);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(HEADERS);
    expect(answer.headers).not.toHaveProperty('x-powered-by');
  });

  it('lets a handler say otherwise', async () => {
    const { headers } = await t.send('GET /page');
    expect(headers['cache-control']).toBe('max-age=60');
    expect(headers['content-security-policy']).toBe("default-src 'self'");
  });

  it('answers a refusal as a problem, and reports it', async () => {
    t.events.length = 0;
    const answer = await t.send('GET /things?token=secret', { headers: { host: 'evil.example' } });
    expect(answer.status).toBe(421);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toEqual({ type: 'about:blank', title: 'This host is not served here.', status: 421 });
    expect(t.events).toEqual([
      {
        kind: 'edge_refused',
        level: 'warning',
        timeMs: t.clock.now(),
        stage: 'edge',
        code: 'misdirected',
        reason: 'host_not_listed',
        subject: { method: 'GET', path: '/things', address: '127.0.0.1' },
      },
    ]);
  });

  it.each(['GET /raw', 'GET /middleware', 'GET /nowhere', 'GET //', 'GET /%74hings'])(
    'judges %s like any other',
    async (line) => {
      expect((await t.send(line, { headers: { host: 'evil.example' } })).status).toBe(421);
    },
  );

  it.each(['TRACE', 'PURGE', 'PROPFIND', 'OPTIONS', 'M-SEARCH'])('answers %s with what is allowed', async (method) => {
    const answer = await t.send(`${method} /things`);
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    expect(answer.body).toMatchObject({ title: 'This method is not allowed.', status: 405 });
  });

  it('answers OPTIONS * like any other OPTIONS', async () => {
    expect((await t.send('OPTIONS *')).status).toBe(405);
  });

  it('refuses a body of a type that nothing reads, and one of no type', async () => {
    const kinds: Record<string, string>[] = [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/xml' },
      {},
    ];
    for (const headers of kinds) {
      const answer = await t.send('POST /things', { body: '{"name":"a"}', headers });
      expect(answer.status).toBe(415);
      expect(answer.body).toMatchObject({ status: 415 });
    }
    expect((await t.send('POST /things', { body: { name: 'a' } })).status).toBe(201);
    expect(
      (await t.send('POST /things', { body: '{}', headers: { 'content-type': 'Application/JSON; charset=utf-8' } }))
        .status,
    ).toBe(201);
  });

  it('reads a form flat', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await t.send('POST /things', { body: 'name=a', headers })).body).toEqual({ name: 'a' });
    expect((await t.send('POST /things', { body: 'name[x]=a', headers })).body).toEqual({});
  });
});

describe.each(PLATFORMS)('requests that other sites make, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await boot(platform, { ...OPTIONS, csrf: { exclude: ['things/hook'] } });
  });
  afterAll(() => t.close());

  const post = (headers: Record<string, string>) => t.send('POST /things', { body: { name: 'a' }, headers });

  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://app.example.com' },
  ])('are refused: %j', async (headers) => {
    t.events.length = 0;
    const answer = await post(headers as Record<string, string>);
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers).toMatchObject(HEADERS);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: 'This request may not come from another site.',
      status: 403,
    });
    expect(t.events).toMatchObject([{ kind: 'edge_refused', code: 'cross_origin', reason: 'cross_site_request' }]);
  });

  it('pass from a listed page, from the same site and from programs', async () => {
    expect((await post({ origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' })).status).toBe(201);
    expect((await post({ 'sec-fetch-site': 'same-origin' })).status).toBe(201);
    expect((await post({})).status).toBe(201);
  });

  it('may read what nobody can change by it', async () => {
    expect((await t.send('GET /things', { headers: { origin: 'https://evil.example' } })).status).toBe(200);
  });
});

describe.each(PLATFORMS)('plain HTTP on %s', (platform) => {
  let t: TestApp | undefined;
  const secured = async (options: EdgeOptions) => (t = await boot(platform, options));
  const close = async () => t?.close();

  it('is refused, and not redirected', async () => {
    const { send } = await secured({ https: 'require', proxies: ['loopback'] });
    const answer = await send('GET /things');
    const forwarded = await send('GET /things', { headers: { 'x-forwarded-proto': 'https' } });
    const lied = await send('GET /things', { headers: { 'x-forwarded-proto': 'http' } });
    await close();
    expect(answer.status).toBe(403);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.body).toMatchObject({ title: 'This API is served over HTTPS only.', status: 403 });
    expect(forwarded.status).toBe(200);
    expect(lied.status).toBe(403);
  });

  it('does not become HTTPS because a client says so', async () => {
    const { send } = await secured({ https: 'require' });
    const answer = await send('GET /things', { headers: { 'x-forwarded-proto': 'https', forwarded: 'proto=https' } });
    await close();
    expect(answer.status).toBe(403);
  });

  it('is redirected where that was asked for, but never with a body or to another host', async () => {
    const { send } = await secured({ https: 'redirect', hosts: ['api.example.com'] });
    const headers = { host: 'api.example.com:8080' };
    const get = await send('GET //evil.example/%2e?a=1', { headers });
    const post = await send('POST /things', { headers, body: { name: 'a' } });
    const elsewhere = await send('GET /', { headers: { host: 'evil.example' } });
    await close();
    expect(get.status).toBe(308);
    expect(get.headers.location).toBe('https://api.example.com//evil.example/%2e?a=1');
    expect(get.headers).toMatchObject(HEADERS);
    expect(post.status).toBe(403);
    expect(elsewhere.status).toBe(421);
  });

  it('is served where the app says that something else ends TLS', async () => {
    const { send } = await secured({ https: 'off' });
    const answer = await send('GET /things');
    await close();
    expect(answer.status).toBe(200);
  });
});

describe.each(PLATFORMS)('the call of secureApp on %s', (platform) => {
  it('returns the app', async () => {
    let same = false;
    const t = await bootApp({ platform, prepare: (app) => (same = secureApp(app) === app) });
    await t.close();
    expect(same).toBe(true);
  });

  it('overrides what forRoot said, key by key', async () => {
    const t = await bootApp({
      platform,
      controllers: [Things],
      security: { edge: { hosts: ['one.example'], bodyLimit: '10 B', proxies: ['loopback'] } },
      prepare: (app) => secureApp(app, { hosts: ['two.example'], proxies: [] }),
    });
    const one = await t.send('GET /things', { headers: { host: 'one.example' } });
    const two = await t.send('GET /things', { headers: { host: 'two.example' } });
    const large = await t.send('POST /things', { headers: { host: 'two.example' }, body: { name: 'long enough' } });
    t.events.length = 0;
    await t.send('GET /things', { headers: { host: 'x.example', 'x-forwarded-for': '203.0.113.9' } });
    await t.close();
    expect([one.status, two.status, large.status]).toEqual([421, 200, 413]);
    expect(t.events).toMatchObject([{ subject: { address: '127.0.0.1' } }]);
  });

  it('is a mistake the second time', async () => {
    const twice = bootApp({ platform, prepare: (app) => secureApp(secureApp(app)) });
    await expect(twice).rejects.toThrow('secureApp: called twice. Give all options in one call.');
  });

  it('is a mistake after init', async () => {
    const late = bootApp({ platform, prepare: async (app) => secureApp(await app.init()) });
    await expect(late).rejects.toThrow('secureApp: the app is initialised');
  });

  it('names a wrong option', async () => {
    const wrong = bootApp({ platform, prepare: (app) => secureApp(app, { orgins: [] } as never) });
    await expect(wrong).rejects.toThrow('secureApp.orgins: unknown option. Did you mean `secureApp.origins`?');
  });

  it('says what is missing without SecurityModule, also where Nest would end the process', async () => {
    class Empty {}
    const app = await (platform === 'fastify'
      ? NestFactory.create(Empty, new FastifyAdapter(), { logger: false })
      : NestFactory.create(Empty, { logger: false }));
    expect(() => secureApp(app)).toThrow('secureApp: SecurityModule is not imported.');
    await app.close();
  });

  it('keeps its place before hooks that others set, and lets them run', async () => {
    const seen: string[] = [];
    const hook = (name: string) => (_request: unknown, _response: unknown, done: () => void) => {
      seen.push(name);
      done();
    };
    const adapterOf = (app: INestApplication) =>
      app.getHttpAdapter() as unknown as { setOnRequestHook(hook: unknown): void };
    for (const order of ['before', 'after']) {
      const t = await bootApp({
        platform,
        controllers: [Things],
        prepare: (app) => {
          if (order === 'before') adapterOf(app).setOnRequestHook(hook(order));
          secureApp(app, OPTIONS);
          if (order === 'after') adapterOf(app).setOnRequestHook(hook(order));
        },
      });
      expect((await t.send('GET /things')).status).toBe(200);
      expect((await t.send('GET /things', { headers: { host: 'evil.example' } })).status).toBe(421);
      await t.close();
    }
    expect(seen).toEqual(['before', 'after']);
  });
});

describe.each(PLATFORMS)('a body on %s', (platform) => {
  it.each([
    ['utf-8', 201],
    ['"UTF-8"', 201],
    ['us-ascii', 415],
    ['utf-7', 415],
    ['utf-16', 415],
    ['latin1', 415],
    ['bogus', 415],
  ])('in %s is answered %i', async (charset, status) => {
    const t = await boot(platform);
    const headers = { 'content-type': `application/json; charset=${charset}` };
    expect((await t.send('POST /things', { body: '{"name":"a"}', headers })).status).toBe(status);
    await t.close();
  });
});

describe('what secureApp() was given', () => {
  it('replaces nothing where it is undefined', async () => {
    const t = await bootApp({
      controllers: [Things],
      security: { edge: { hosts: ['127.0.0.1'] } },
      prepare: (app) => secureApp(app, { hosts: undefined } as unknown as EdgeOptions),
    });
    expect((await t.send('GET /page', { headers: { host: 'evil.test' } })).status).toBe(421);
    expect((await t.send('GET /page')).status).toBe(200);
    await t.close();
  });
});
