/** CORS look-alikes: origins that a suffix, prefix or regular expression would take for ours. */

import { Controller, Get, Header } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public, secureApp } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

@Public('tests')
@Controller()
class Hello {
  @Get()
  hello() {
    return 'hello';
  }
  @Get('cached')
  @Header('Cache-Control', 'max-age=60')
  cached() {
    return 'cached';
  }
}

const OURS = 'https://app.example.com';

const LOOKALIKES = [
  'http://app.example.com',
  'https://app.example.com:8443',
  'https://app.example.com:443.evil.example',
  'https://app.example.com.evil.example',
  'https://app.example.com.',
  'https://evilapp.example.com',
  'https://evil.app.example.com',
  'https://app-example.com',
  'https://appXexample.com',
  'https://example.com',
  'https://app.example.com@evil.example',
  'https://evil.example/https://app.example.com',
  'https://app.example.com/',
  'https://app.example.com%00.evil.example',
  'https://app.example.com%60.evil.example',
  'https://app.example.com_.evil.example',
  'https://app%2eexample.com',
  'https://app.example.com, https://evil.example',
  'https:app.example.com',
  'app.example.com',
  'null',
  '*',
  'file://',
];

describe.each(PLATFORMS)('CORS on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [Hello],
      prepare: (app) => secureApp(app, { origins: [OURS, 'http://localhost:5173'], credentials: true }),
    });
  });
  afterAll(() => t.close());

  const get = (origin?: string, path = '/') =>
    t.send(`GET ${path}`, { headers: origin === undefined ? {} : { origin } });
  const preflight = (origin: string, headers: Record<string, string> = {}) =>
    t.send('OPTIONS /', { headers: { origin, 'access-control-request-method': 'PATCH', ...headers } });
  const corsHeaders = (headers: object): string[] =>
    Object.keys(headers).filter((name) => name.startsWith('access-control-'));

  it.each(LOOKALIKES)('writes no CORS header for %s', async (origin) => {
    const answer = await get(origin);
    expect(answer.status).toBe(200);
    expect(corsHeaders(answer.headers)).toEqual([]);
    expect(answer.headers.vary).toContain('Origin');

    const asked = await preflight(origin);
    expect(asked.status).toBe(403);
    expect(corsHeaders(asked.headers)).toEqual([]);
    expect(asked.body).toMatchObject({ status: 403, title: 'This request may not come from another site.' });
  });

  it('writes no CORS header for two origins', async () => {
    const answer = await t.send('GET /', { headers: { origin: [OURS, 'https://evil.example'] } });
    expect(corsHeaders(answer.headers)).toEqual([]);
  });

  it.each([OURS, 'http://localhost:5173', 'HTTPS://App.Example.com'])('lets the page of %s read', async (origin) => {
    const { headers } = await get(origin);
    expect(headers['access-control-allow-origin']).toBe(origin);
    expect(headers['access-control-allow-credentials']).toBe('true');
    expect(headers['access-control-expose-headers']).toBe(
      'RateLimit, RateLimit-Policy, Retry-After, Location, Deprecation, Sunset, Link, WWW-Authenticate, DPoP-Nonce',
    );
    expect(headers.vary).toContain('Origin');
  });

  it('lets the page of a listed origin read refusals, too', async () => {
    const missing = await get(OURS, '/nowhere');
    expect(missing.status).toBe(404);
    expect(missing.headers['access-control-allow-origin']).toBe(OURS);
    const refused = await t.send('PURGE /', { headers: { origin: OURS } });
    expect(refused.status).toBe(405);
    expect(refused.headers['access-control-allow-origin']).toBe(OURS);
  });

  it('tells caches that the answer depends on the origin, also when there was none', async () => {
    expect((await get(undefined, '/cached')).headers.vary).toContain('Origin');
  });

  it('answers the preflight of a listed origin with what is allowed, whatever was asked for', async () => {
    const answer = await preflight(OURS, { 'access-control-request-headers': 'x-evil' });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': OURS,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers': 'Authorization, Content-Type, X-API-Key, Idempotency-Key, DPoP',
      'access-control-max-age': '600',
    });
    expect(answer.headers).not.toHaveProperty('access-control-expose-headers');
  });

  it('reports who tried', async () => {
    t.events.length = 0;
    await preflight('https://evil.example');
    expect(t.events).toMatchObject([
      { kind: 'edge_refused', level: 'warning', code: 'cross_origin', reason: 'preflight_of_unlisted_origin' },
    ]);
  });
});

describe.each(PLATFORMS)('without origins on %s', (platform) => {
  it('no page reads anything', async () => {
    const t = await bootApp({ platform, controllers: [Hello], prepare: (app) => secureApp(app) });
    const answer = await t.send('GET /', { headers: { origin: OURS } });
    const asked = await t.send('OPTIONS /', { headers: { origin: OURS, 'access-control-request-method': 'GET' } });
    await t.close();
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    expect(asked.status).toBe(403);
  });
});
