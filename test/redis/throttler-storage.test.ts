import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SkipThrottle, Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { Redis } from 'ioredis';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisTokenBucketThrottlerStorage } from '../../lib/redis/redis-token-bucket.storage.js';
import { FrozenClock, PLATFORMS, send, type Answer } from '../app.js';
import { sharedRedis } from '../servers/shared.js';

const redis = await sharedRedis();

@Controller()
class StockController {
  @Get()
  plain() {
    return { ok: true };
  }

  @Get('few')
  @Throttle({ default: { limit: 1, ttl: 60_000, blockDuration: 3_600_000 } })
  few() {
    return { ok: true };
  }

  @Get('free')
  @SkipThrottle()
  free() {
    return { ok: true };
  }
}

describe.skipIf(!redis).each(PLATFORMS)('the stock ThrottlerGuard over buckets in Redis, on %s', (platform) => {
  const client = redis! && new Redis(redis.url);
  let apps: INestApplication[];
  let clock: FrozenClock;
  let number = 0;
  beforeAll(() => client.ping());
  afterAll(() => client?.disconnect());

  const boot = async (keyPrefix: string): Promise<INestApplication> => {
    const storage = new RedisTokenBucketThrottlerStorage(client, {
      keyPrefix,
      time: 'caller',
      clock,
      outage: 'closed',
      commandTimeoutMs: 5000,
    });
    class AppModule {}
    Module({
      imports: [ThrottlerModule.forRoot({ throttlers: [{ limit: 3, ttl: 60_000 }], storage })],
      controllers: [StockController],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    })(AppModule);
    const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = await NestFactory.create(AppModule, adapter as ExpressAdapter, { logger: false });
    await app.listen(0, '127.0.0.1');
    return app;
  };
  const ask = (app: INestApplication, line: string, from?: string): Promise<Answer> =>
    send((app.getHttpServer().address() as AddressInfo).port, line, from === undefined ? {} : { from });

  beforeEach(async () => {
    clock = new FrozenClock();
    const keyPrefix = `${redis!.prefix}-${platform}-${number++}`;
    apps = await Promise.all([boot(keyPrefix), boot(keyPrefix)]);
  });
  afterEach(() => Promise.all(apps.map((app) => app.close())));

  it('counts the calls of a client in all processes together, and lets the next one in as soon as there is a token', async () => {
    const [one, two] = apps as [INestApplication, INestApplication];
    expect((await ask(one, 'GET /')).headers['x-ratelimit-remaining']).toBe('2');
    expect((await ask(two, 'GET /')).headers['x-ratelimit-remaining']).toBe('1');
    expect((await ask(one, 'GET /')).status).toBe(200);
    const refused = await ask(two, 'GET /');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('20');
    clock.advance(19_999);
    expect((await ask(one, 'GET /')).status).toBe(429);
    clock.advance(1);
    expect((await ask(one, 'GET /')).status).toBe(200);
    expect((await ask(one, 'GET /')).status).toBe(429);
  });

  it('keeps clients and routes apart, and blocks nobody for longer than until the next token', async () => {
    const [one] = apps as [INestApplication];
    expect((await ask(one, 'GET /few')).status).toBe(200);
    expect((await ask(one, 'GET /few')).headers['retry-after-default'] ?? '60').toBe('60');
    expect((await ask(one, 'GET /few', '127.0.0.9')).status).toBe(200);
    expect((await ask(one, 'GET /')).status).toBe(200);
    for (let call = 0; call < 9; call++) expect((await ask(one, 'GET /free')).status).toBe(200);
    clock.advance(60_000);
    expect((await ask(one, 'GET /few')).status).toBe(200);
  });
});
