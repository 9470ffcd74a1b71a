/** The parsers that secureApp sets up keep what the app asked Nest for. */

import type { AddressInfo } from 'node:net';
import { Body, Controller, Module, Post, Req, type RawBodyRequest } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../lib/core/transport.js';
import { Public, secureApp, SecurityModule } from '../../lib/index.js';
import { PLATFORMS, send, TEST_SECRET, type Answer, type Platform } from '../app.js';

@Public('tests')
@Controller()
class Bodies {
  @Post()
  body(@Body() body: unknown, @Req() request: RawBodyRequest<HttpRequest>) {
    return `${JSON.stringify(body) ?? 'nothing'} ${request.rawBody?.toString() ?? 'nothing'}`;
  }
}

async function post(platform: Platform, options: { rawBody?: boolean; bodyParser?: boolean }): Promise<Answer> {
  class AppModule {}
  const security = SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, bootAudit: 'off' });
  Module({ imports: [security], controllers: [Bodies] })(AppModule);
  const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
  const app = await NestFactory.create(AppModule, adapter as ExpressAdapter, { logger: false, ...options });
  await secureApp(app).listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const answer = await send(port, 'POST /', { body: '{ "a": 1 }', headers: { 'content-type': 'application/json' } });
  await app.close();
  return answer;
}

describe.each(PLATFORMS)('the body parsers on %s', (platform) => {
  it('read JSON', async () => {
    expect((await post(platform, {})).text).toBe('{"a":1} nothing');
  });

  it('keep the raw body where the app asked for it', async () => {
    expect((await post(platform, { rawBody: true })).text).toBe('{"a":1} { "a": 1 }');
  });

  it('stay away where the app wants none', async () => {
    const { text } = await post(platform, { bodyParser: false });
    // Fastify has a parser of its own, with its own rules.
    expect(text).toBe(platform === 'fastify' ? '{"a":1} nothing' : 'nothing nothing');
  });
});
