import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  BUCKET_STORE,
  MemoryBucketStore,
  perHour,
  Public,
  SecurityModule,
  type SecurityOptions,
  type SecurityStores,
} from '../../lib/index.js';
import { LocalShare } from '../../lib/redis/redis-bucket.outage.js';
import {
  RedisBucketStore,
  RedisGate,
  RedisSessionStore,
  redisStores,
  RedisTokenBucketThrottlerStorage,
  type RedisBucketStoreOptions,
  type RedisClient,
  type RedisStoresOptions,
  type RedisTokenBucketThrottlerStorageOptions,
} from '../../lib/redis/index.js';
import { bootApp, PLATFORMS, TEST_SECRET } from '../app.js';
import { sharedRedis } from '../servers/shared.js';

const redis = await sharedRedis();

@Controller()
@Public('tests')
class OpenController {
  @Get()
  open() {
    return { ok: true };
  }
}

describe.skipIf(!redis)('the stores of an app, all from one Redis', () => {
  const client = redis! && new Redis(redis.url);
  afterAll(() => client?.disconnect());
  let keyPrefix: string;
  let number = 0;
  beforeEach(() => {
    keyPrefix = `${redis!.prefix}-${number++}`;
  });

  const boot = (platform: (typeof PLATFORMS)[number], security: SecurityOptions) =>
    bootApp({ platform, controllers: [OpenController], security });
  const throttling = { tiers: { public: perHour(3) } };

  it('give every app of the fleet the same truth', async () => {
    const apps = await Promise.all(
      PLATFORMS.map((platform) =>
        boot(platform, { throttling, stores: redisStores(client, { keyPrefix, commandTimeoutMs: 5000 }) }),
      ),
    );
    const statuses: number[] = [];
    for (let call = 0; call < 6; call++) statuses.push((await apps[call % 2]!.send('GET /')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
    await Promise.all(apps.map((app) => app.close()));
    // The client is the app's own, and so is when it is closed.
    expect(client.status).toBe('ready');
  });

  it('give way to the store that a stage has of its own', async () => {
    const store = new MemoryBucketStore();
    const t = await boot('express', {
      throttling: { ...throttling, store },
      stores: redisStores(client, { keyPrefix, commandTimeoutMs: 5000 }),
    });
    expect(t.app.get(BUCKET_STORE)).toBe(store);
    await t.send('GET /');
    expect(store.size).toBe(1);
    expect(await client.keys(`${keyPrefix}:*`)).toEqual([]);
    await t.close();
  });

  it('combine with stores from elsewhere, of which the later one holds', async () => {
    const buckets = new MemoryBucketStore();
    const t = await boot('fastify', {
      throttling,
      stores: { ...redisStores(client, { keyPrefix, commandTimeoutMs: 5000 }), buckets },
    });
    expect(t.app.get(BUCKET_STORE)).toBe(buckets);
    await t.close();
  });

  it('hold for options that come from a factory, too', async () => {
    class AppModule {}
    Module({
      imports: [
        SecurityModule.forRootAsync({
          useFactory: () => ({
            bootAudit: 'off' as const,
            jwt: { secret: TEST_SECRET },
            throttling,
            stores: redisStores(client, { keyPrefix, commandTimeoutMs: 5000 }),
          }),
        }),
      ],
      controllers: [OpenController],
    })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.init();
    expect(app.get(BUCKET_STORE)).toBeInstanceOf(RedisBucketStore);
    await app.close();
  });

  it.each<[what: string, stores: unknown, words: string]>([
    ['an unknown key', { bucket: new MemoryBucketStore() }, 'Did you mean `security.stores.buckets`?'],
    ['a store that cannot do what its place asks', { sessions: new MemoryBucketStore() }, 'security.stores.sessions'],
    ['a store that cannot do all of it', { revocations: { deny: () => undefined } }, 'has no isDenied()'],
    ['no store at all', { buckets: null }, 'security.stores.buckets: null has no take()'],
    ['a client instead of stores', 'redis://localhost', 'security.stores: "redis://localhost" is not an object'],
  ])('stop the boot for %s', (_what, stores, words) => {
    const init = { jwt: { secret: TEST_SECRET }, stores: stores as SecurityStores };
    expect(() => SecurityModule.forRoot(init)).toThrow(TypeError);
    expect(() => SecurityModule.forRoot(init)).toThrow(words);
  });

  it.each<[what: string, options: unknown, words: string]>([
    ['an unknown option', { outages: {} }, 'Did you mean `redisStores.outage`?'],
    ['an unknown store', { outage: { bucket: 'open' } }, 'Did you mean `redisStores.outage.buckets`?'],
    ['a policy that is none', { outage: { buckets: 'opened' } }, 'Did you mean "open"?'],
    ['an open list of revoked tokens', { outage: { revocations: 'open' } }, 'it is always closed'],
    ['sessions in memory', { outage: { sessions: 'memory' } }, 'it is always closed'],
    ['open nonces', { outage: { nonces: 'open' } }, 'it is always closed'],
    ['no instances', { expectedInstances: 0 }, 'expectedInstances: 0 is not a positive whole number'],
    ['a prefix with braces', { keyPrefix: '{a}' }, 'redisStores.keyPrefix'],
  ])('are not made with %s', (_what, options, words) => {
    expect(() => redisStores(client, options as RedisStoresOptions)).toThrow(TypeError);
    expect(() => redisStores(client, options as RedisStoresOptions)).toThrow(words);
  });

  it('share one gate, which tells what became of what was asked, and takes no options beside it', () => {
    const gate = new RedisGate(client, { keyPrefix });
    const stores = redisStores(gate);
    expect(Object.values(stores).every((store: { gate: unknown }) => store.gate === gate)).toBe(true);
    expect([gate.isDown, gate.counts]).toEqual([false, { outages: 0, unanswered: 0, bypassed: 0, local: 0 }]);
    for (const build of [
      () => redisStores(gate, { keyPrefix: 'x' }),
      () => new RedisBucketStore(gate, { keyPrefix: 'x' }),
      () => new RedisSessionStore(gate, { keyPrefix: 'x' }),
    ])
      expect(build).toThrow(/\.keyPrefix: "x" is given beside a gate, which has its own\. Give it to the gate\./);
  });

  it.each<[what: string, production: boolean, options: RedisStoresOptions, ids: string[]]>([
    ['unsaid', true, {}, ['throttling/unknown-fleet']],
    ['said', true, { expectedInstances: 1 }, []],
    ['without a share', true, { outage: { buckets: 'closed' } }, []],
    ['in development', false, {}, []],
  ])('let the boot audit know how many processes share a limit: %s', (_what, production, options, ids) => {
    const { buckets } = redisStores(client, { keyPrefix, ...options });
    expect([...buckets.findings({ routes: [], production })].map(({ id }) => id)).toEqual(ids);
  });

  it('are not made of what is no client, and not by wrong options one by one either', () => {
    expect(() => redisStores({} as RedisClient)).toThrow('redisStores: redis: an object is no ioredis client');
    const options = { outage: 'shut' } as unknown as RedisBucketStoreOptions;
    expect(() => new RedisBucketStore(client, options)).toThrow('RedisBucketStore.outage: "shut" is not one of');
    const storage = { maxKeys: 3 } as RedisTokenBucketThrottlerStorageOptions;
    expect(() => new RedisTokenBucketThrottlerStorage(client, storage)).toThrow('maxKeys: unknown option');
  });
});

describe('a share of a limit, while Redis is away', () => {
  const T = 1_767_225_600_000;
  const admitted = (share: LocalShare, capacity: number, cost = 1, calls = 200): number => {
    let count = 0;
    for (let call = 0; call < calls; call++) {
      if (share.take([{ key: 'a', cost, rate: rates[capacity]! }], T).allowed) count++;
    }
    return count;
  };
  const rates: Record<number, ReturnType<typeof perHour>> = { 1: perHour(1), 10: perHour(10), 100: perHour(100) };

  it('is the limit by the number of processes, and together no more than the limit', () => {
    expect(admitted(new LocalShare(4), 100)).toBe(25);
    expect(admitted(new LocalShare(3), 100)).toBe(33);
    expect(admitted(new LocalShare(1), 100)).toBe(100);
  });

  it('comes back no faster than its share', () => {
    const share = new LocalShare(4);
    admitted(share, 100);
    const [answer] = share.take([{ key: 'a', cost: 1, rate: rates[100]! }], T + 143_999).answers;
    expect(answer).toMatchObject({ allowed: false, retryAfterMs: 1 });
    expect(share.take([{ key: 'a', cost: 1, rate: rates[100]! }], T + 144_000).allowed).toBe(true);
  });

  it('takes a call that names one bucket twice, at a cost over the share, for one of both costs', () => {
    const twice = [
      { key: 'a', cost: 5, rate: rates[10]! },
      { key: 'a', cost: 5, rate: rates[10]! },
    ];
    const share = new LocalShare(4);
    expect(share.take(twice, T).allowed).toBe(true);
    expect(share.take(twice, T).allowed).toBe(false);
  });

  it('is not bigger for a caller who mixes cheap calls and dear ones', () => {
    const share = new LocalShare(4);
    let spent = 0;
    for (let call = 0; call < 200; call++)
      for (const cost of [1, 5, 10, 2])
        if (share.take([{ key: 'b', cost, rate: rates[10]! }], T).allowed) spent += cost;
    expect(spent).toBeLessThanOrEqual(10);
  });

  it('is one token at least, and lets no cost wait for ever that the limit would let pass', () => {
    expect(admitted(new LocalShare(8), 1)).toBe(1);
    expect(admitted(new LocalShare(4), 100, 60)).toBe(1);
    expect(new LocalShare(4).take([{ key: 'a', cost: 101, rate: rates[100]! }], T)).toMatchObject({
      allowed: false,
      answers: [{ retryAfterMs: null }],
    });
  });
});
