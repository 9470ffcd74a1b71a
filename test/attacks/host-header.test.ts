/** Host header attacks: another name for this server, to poison links and caches or to slip past a virtual host. */

import type { AddressInfo } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public, secureApp } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { rawRequest, sendRaw, statusOf } from '../edge/raw-request.js';

@Public('tests')
@Controller()
class Hello {
  @Get('hello')
  hello() {
    return 'hello';
  }
}

describe.each(PLATFORMS)('the host on %s', (platform) => {
  let t: TestApp;
  let port: number;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [Hello],
      prepare: (app) => secureApp(app, { hosts: ['api.example.com', 'localhost:3000', '[::1]'] }),
    });
    port = (t.app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(() => t.close());

  const get = (host: string) => t.send('GET /hello', { headers: { host } });
  const raw = async (line: string, headers: string[]) => statusOf(await sendRaw(port, [rawRequest(line, headers)]));

  it.each(['api.example.com', 'API.Example.COM', 'api.example.com:8443', 'localhost:3000', '[::1]', '[::1]:3000'])(
    'is served as %s',
    async (host) => {
      expect((await get(host)).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'api.example.com.evil.example',
    'evil.api.example.com',
    'api.example.com.',
    'xapi.example.com',
    'localhost',
    'localhost:3001',
    '127.0.0.1',
    '[::2]',
  ])('is not served as %s', async (host) => {
    const answer = await get(host);
    expect(answer.status).toBe(421);
    expect(answer.body).toEqual({ type: 'about:blank', title: 'This host is not served here.', status: 421 });
  });

  it.each([
    'api.example.com@evil.example',
    'evil.example/api.example.com',
    'api.example.com evil.example',
    'api.example.com, evil.example',
    'api.example.com:80:90',
    'api.example.com:',
    'api.example.com:port',
    'api.example.com#',
    'api.example.com?a',
    'http://api.example.com',
    '%61pi.example.com',
    '[::1',
    '[::g]',
    '..',
    ' ',
  ])('%j is malformed', async (host) => {
    const answer = await get(host);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: 400, title: 'The request is malformed.' });
  });

  it('is missing, or there twice', async () => {
    expect(await raw('GET /hello HTTP/1.0', [])).toBe(400);
    expect(await raw('GET /hello HTTP/1.1', ['Host: api.example.com', 'Host: evil.example'])).toBe(400);
    expect(await raw('GET /hello HTTP/1.1', ['Host: api.example.com', 'hOST: api.example.com'])).toBe(400);
    expect(await raw('GET /hello HTTP/1.1', ['Host: api.example.com'])).toBe(200);
  });

  it('contradicts the absolute target, or is that of it', async () => {
    expect(await raw('GET http://evil.example/hello HTTP/1.1', ['Host: api.example.com'])).toBe(400);
    expect(await raw('GET http://api.example.com/hello HTTP/1.1', ['Host: evil.example'])).toBe(400);
    expect(await raw('GET http://api.example.com@evil.example/hello HTTP/1.1', ['Host: api.example.com'])).toBe(400);
    expect(await raw('GET http://evil.example/hello HTTP/1.1', ['Host: evil.example'])).toBe(421);
  });

  it('is not overruled by a forwarded one', async () => {
    const overrules = {
      'x-forwarded-host': 'api.example.com',
      'x-host': 'api.example.com',
      forwarded: 'host=api.example.com',
    };
    const answer = await t.send('GET /hello', { headers: { host: 'evil.example', ...overrules } });
    expect(answer.status).toBe(421);
    const harmless = await t.send('GET /hello', {
      headers: { host: 'api.example.com', 'x-forwarded-host': 'evil.example' },
    });
    expect(harmless.status).toBe(200);
  });
});
