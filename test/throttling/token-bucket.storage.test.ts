import { Controller, Get, Module } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryBucketStore } from '../../lib/throttling/memory-bucket.store.js';
import { TokenBucketThrottlerStorage } from '../../lib/throttling/token-bucket.storage.js';
import { FrozenClock, PLATFORMS, send } from '../app.js';

@Controller()
class PingController {
  @Get('ping')
  ping() {
    return { pong: true };
  }

  @Get('rare')
  @Throttle({ default: { limit: 1, ttl: 60_000 } })
  rare() {
    return { rare: true };
  }
}

describe.each(PLATFORMS)('the stock ThrottlerModule and ThrottlerGuard with our storage, on %s', (platform) => {
  const clock = new FrozenClock();
  let close: () => Promise<void>;
  let port: number;

  beforeAll(async () => {
    class StockModule {}
    Module({
      imports: [
        ThrottlerModule.forRoot({
          throttlers: [{ limit: 3, ttl: 6000 }],
          storage: new TokenBucketThrottlerStorage({ clock }),
        }),
      ],
      controllers: [PingController],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    })(StockModule);
    const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = await NestFactory.create(StockModule, adapter as ExpressAdapter, { logger: false });
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
    close = () => app.close();
  });
  afterAll(() => close());

  it('admits the limit, then one call per token', async () => {
    const answers = [];
    for (let call = 0; call < 4; call++) answers.push(await send(port, 'GET /ping'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(['2', '1', '0', undefined]);
    expect(answers[0]!.headers).toMatchObject({ 'x-ratelimit-limit': '3', 'x-ratelimit-reset': '2' });
    expect(answers[3]!.headers['retry-after']).toBe('2');

    clock.advance(1999);
    expect((await send(port, 'GET /ping')).status).toBe(429);
    clock.advance(1);
    expect((await send(port, 'GET /ping')).status).toBe(200);
    expect((await send(port, 'GET /ping')).status).toBe(429);
  });

  it('understands the limits of single routes', async () => {
    expect((await send(port, 'GET /rare')).status).toBe(200);
    const refused = await send(port, 'GET /rare');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
  });
});

describe('the throttler storage', () => {
  const clock = new FrozenClock();
  const storage = () => new TokenBucketThrottlerStorage({ clock });

  it('works with no options', async () => {
    await expect(new TokenBucketThrottlerStorage().increment('k', 60_000, 2, 60_000, 'default')).resolves.toEqual({
      totalHits: 1,
      timeToExpire: 30,
      isBlocked: false,
      timeToBlockExpire: 0,
    });
  });

  it('says of a refused call that it is blocked, however long the block was meant to be', async () => {
    const buckets = storage();
    await buckets.increment('k', 60_000, 1, 3_600_000, 'default');
    await expect(buckets.increment('k', 60_000, 1, 3_600_000, 'default')).resolves.toEqual({
      totalHits: 2,
      timeToExpire: 60,
      isBlocked: true,
      timeToBlockExpire: 60,
    });
  });

  it('keeps throttlers of different names apart', async () => {
    const buckets = storage();
    await buckets.increment('k', 60_000, 1, 0, 'short');
    await expect(buckets.increment('k', 60_000, 1, 0, 'long')).resolves.toMatchObject({ isBlocked: false });
    await expect(buckets.increment('k', 60_000, 1, 0, 'short')).resolves.toMatchObject({ isBlocked: true });
  });

  it('never blocks under an infinite limit, and always under none', async () => {
    const buckets = storage();
    await expect(buckets.increment('k', 60_000, Infinity, 0, 'x')).resolves.toMatchObject({ isBlocked: false });
    await expect(buckets.increment('k', 60_000, 0, 0, 'x')).resolves.toMatchObject({
      isBlocked: true,
      timeToBlockExpire: 60,
    });
  });

  it('goes on after more rates than it remembers', async () => {
    const buckets = storage();
    for (let limit = 1; limit < 3000; limit++) await buckets.increment('k', 60_000, limit, 0, 'x');
    await expect(buckets.increment('other', 60_000, 5, 0, 'x')).resolves.toMatchObject({ totalHits: 1 });
  });

  it.each([NaN, -1, 1.5])('rejects a limit of %s', async (limit) => {
    await expect(storage().increment('k', 60_000, limit, 0, 'x')).rejects.toThrow(/@nestjs\/throttler: /);
  });

  it('rejects a ttl that is no time', async () => {
    await expect(storage().increment('k', 0, 5, 0, 'x')).rejects.toThrow(TypeError);
  });

  it('checks its options', () => {
    expect(() => new TokenBucketThrottlerStorage({ maxKey: 1 } as object)).toThrow(/Did you mean/);
    expect(() => new TokenBucketThrottlerStorage({ store: new MemoryBucketStore(), maxKeys: 5 })).toThrow(
      /stands beside a store/,
    );
  });
});
