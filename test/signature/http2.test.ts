/** In HTTP/2 no `Host` says whom a request is for: `:authority` does. */

import { connect, type ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secureApp, SecurityModule, Signed, signRequest, type SignRequestOptions } from '../../lib/index.js';
import { FrozenClock, TEST_SECRET } from '../app.js';
import { BODY, NOW_S, SECRET } from './signed-app.js';

@Controller()
class Hooks {
  @Post('hooks')
  @HttpCode(204)
  @Signed()
  hook(@Body() _body: unknown) {}
}

describe('signed requests over HTTP/2', () => {
  let app: NestFastifyApplication;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    class AppModule {}
    const security = SecurityModule.forRoot({
      bootAudit: 'off',
      jwt: { secret: TEST_SECRET },
      signatures: { keys: [{ id: 'shop', secret: SECRET }] },
      clock: new FrozenClock(),
    });
    Module({ imports: [security], controllers: [Hooks] })(AppModule);
    const adapter = new FastifyAdapter({ http2: true } as object);
    app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, { logger: false });
    await secureApp(app).listen(0, '127.0.0.1');
    session = connect(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`);
  });
  afterAll(async () => {
    await new Promise<void>((resolve) => session.close(resolve));
    await app.close();
  });

  function post(authority: string, options: Partial<SignRequestOptions> = {}, body = BODY): Promise<number> {
    const headers = signRequest(
      {
        method: 'POST',
        url: 'https://api.example.com/hooks?a=1',
        headers: { 'content-type': 'application/json' },
        body: BODY,
      },
      { key: SECRET, keyId: 'shop', created: NOW_S, ...options },
    );
    return new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/hooks?a=1',
        ':authority': authority,
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
      });
      stream.on('response', ({ ':status': status }) => {
        stream.resume();
        resolve(Number(status));
      });
      stream.on('error', reject);
      stream.end(body);
    });
  }

  it('hold for the authority that the client asked for, and for no other', async () => {
    expect(await post('api.example.com')).toBe(204);
    expect(await post('API.example.com:443')).toBe(204);
    expect(await post('other.example.com')).toBe(401);
  });

  it('hold in the HMAC profile, and for one body', async () => {
    expect(await post('api.example.com', { profile: 'hmac' })).toBe(204);
    expect(await post('api.example.com', { profile: 'hmac' }, '{}')).toBe(401);
    expect(await post('api.example.com', {}, '{}')).toBe(401);
  });
});
