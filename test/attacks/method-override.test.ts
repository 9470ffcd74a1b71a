/** Method override and other spellings of a method: a DELETE in the clothes of a GET. */

import type { AddressInfo } from 'node:net';
import { Controller, Delete, Get, Post } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public, secureApp } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { rawRequest, sendRaw, statusOf } from '../edge/raw-request.js';

@Public('tests')
@Controller('things')
class Things {
  @Get()
  get() {
    return 'get';
  }
  @Post()
  post() {
    return 'post';
  }
  @Delete()
  delete() {
    return 'delete';
  }
}

describe.each(PLATFORMS)('the method on %s', (platform) => {
  let t: TestApp;
  let port: number;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [Things], prepare: (app) => secureApp(app) });
    port = (t.app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(() => t.close());

  it.each(['x-http-method-override', 'x-http-method', 'x-method-override', '_method'])(
    'is not what the header %s says',
    async (header) => {
      expect((await t.send('GET /things', { headers: { [header]: 'DELETE' } })).text).toBe('get');
      expect((await t.send('POST /things', { headers: { [header]: 'DELETE' } })).text).toBe('post');
    },
  );

  it('is not what a query or form says', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await t.send('POST /things?_method=DELETE')).text).toBe('post');
    expect((await t.send('POST /things', { body: '_method=DELETE', headers: form })).text).toBe('post');
  });

  it.each(['TRACE', 'TRACK', 'DEBUG', 'get', 'Delete', 'G%45T', 'CONNECT'])(
    '%s is answered by no handler',
    async (method) => {
      const answer = await sendRaw(port, [rawRequest(`${method} /things HTTP/1.1`, ['Host: a.example'])]);
      // Node's own parser refuses what is no method, and closes on CONNECT.
      if (answer !== '') expect([400, 405]).toContain(statusOf(answer));
      expect(answer).not.toMatch(/\r\n\r\n(get|post|delete)/);
    },
  );

  it('echoes no credentials to TRACE', async () => {
    const answer = await t.send('TRACE /things', {
      headers: { authorization: 'Bearer secret', cookie: 'session=secret' },
    });
    expect(answer.status).toBe(405);
    expect(answer.text).not.toContain('secret');
  });

  it('is its own, plainly', async () => {
    expect((await t.send('DELETE /things')).text).toBe('delete');
  });

  it.each([
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['an encoding that only resembles chunked', ['Transfer-Encoding: xchunked']],
    ['a length that is no number', ['Content-Length: +5']],
  ])('of a second request cannot be smuggled in with %s', async (_what, headers) => {
    const smuggled = 'DELETE /things HTTP/1.1\r\nHost: a.example\r\n\r\n';
    const bytes = rawRequest(
      'POST /things HTTP/1.1',
      ['Host: a.example', 'Content-Type: application/json', ...headers],
      `0\r\n\r\n${smuggled}`,
    );
    expect(await sendRaw(port, [bytes])).not.toContain('\r\n\r\ndelete');
  });
});
