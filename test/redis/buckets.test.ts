import { randomUUID } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { perHour, perMinute, perSecond, type BucketDemand, type BucketOutcome, type Rate } from '../../lib/index.js';
import { MemoryBucketStore } from '../../lib/throttling/memory-bucket.store.js';
import type { RedisClient } from '../../lib/redis/redis-client.js';
import { RedisBucketStore, type RedisBucketStoreOptions } from '../../lib/redis/redis-bucket.store.js';
import { slotOf } from '../../lib/redis/redis-slot.js';
import { sharedCluster, sharedRedis } from '../servers/shared.js';

const redis = await sharedRedis();
const cluster = await sharedCluster();

const T = 1_767_225_600_000;
const ALICE = '00000000-0000-4000-8000-00000000a11c';

const demand = (prefix: string, owner: string, rate: Rate, cost = 1): BucketDemand => ({
  key: prefix + owner,
  owner,
  cost,
  rate,
});

/** A store that fails where Redis does not answer, with keys of its own. */
function storeOver(client: RedisClient, prefix: string, options: RedisBucketStoreOptions = {}) {
  const keyPrefix = `${prefix}-${randomUUID().slice(0, 8)}`;
  const all: RedisBucketStoreOptions = { keyPrefix, outage: 'closed', commandTimeoutMs: 5000, ...options };
  return { store: new RedisBucketStore(client, all), keyPrefix, again: () => new RedisBucketStore(client, all) };
}

const allowed = async (outcome: BucketOutcome | Promise<BucketOutcome>): Promise<boolean> => (await outcome).allowed;

describe.skipIf(!redis)('buckets in Redis', () => {
  const client = redis! && new Redis(redis.url);
  const watcher = redis! && new Redis(redis.url);
  afterAll(() => {
    client?.disconnect();
    watcher?.disconnect();
  });
  let own: ReturnType<typeof storeOver>;
  beforeEach(() => {
    own = storeOver(client, redis!.prefix);
  });

  const keys = async (): Promise<string[]> => (await watcher.keys(`${own.keyPrefix}:*`)).sort();
  const sentBy = async (action: () => unknown): Promise<string[][]> => {
    const seen: string[][] = [];
    const monitor = await watcher.duplicate().monitor();
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (source !== 'lua' && args.some((arg) => arg.includes(own.keyPrefix))) seen.push(args);
    });
    await action();
    await client.get(`${own.keyPrefix}:end`);
    await expect.poll(() => seen.some(([command]) => command === 'get')).toBe(true);
    monitor.disconnect();
    return seen.filter(([command]) => command !== 'get');
  };

  it('takes one command a call, however many buckets it needs', async () => {
    const buckets = [
      demand('p/authenticated/', ALICE, perMinute(1000)),
      demand('r/0123456789012345678901/0/p/', ALICE, perMinute(10)),
      demand('r/0123456789012345678901/1/p/', ALICE, perHour(100)),
      demand('a/public/', '192.0.2.1', perMinute(100)),
    ];
    await own.store.take(buckets, T);
    const sent = await sentBy(() => own.store.take(buckets, T));
    expect(sent.map(([command]) => command)).toEqual(['evalsha']);
    expect((await keys()).length).toBe(4);
  });

  it('sends at most 200 bytes for the bucket of a caller', async () => {
    const buckets = [demand('p/authenticated/', ALICE, perMinute(1000))];
    // As long as the default prefix.
    const store = new RedisBucketStore(client, {
      outage: 'closed',
      keyPrefix: randomUUID().slice(0, 'bulwark'.length),
    });
    await store.take(buckets, T);
    const bytes = async (): Promise<number> =>
      Number(/total_net_input_bytes:(\d+)/.exec(await watcher.info('stats'))![1]);
    // Others use this server meanwhile: the least of several tries is the call's own, and so is that of asking.
    let [asking, taking] = [Infinity, Infinity];
    for (let tries = 0; tries < 30; tries++) {
      const [idle, before] = [await bytes(), await bytes()];
      await store.take(buckets, T);
      asking = Math.min(asking, before - idle);
      taking = Math.min(taking, (await bytes()) - before);
    }
    const least = taking - asking;
    expect(least).toBeGreaterThan(100);
    expect(least).toBeLessThanOrEqual(200);
  });

  it('forgets a bucket when it is full again, and keeps none for ever', async () => {
    await own.store.take([demand('a/', 'x', perMinute(60), 30)], T);
    await own.store.take([{ ...demand('w/', 'x', perMinute(60), 30), algorithm: 'sliding-window' }], T);
    const [tokens, window] = await keys();
    expect(tokens).toContain('{x}:b:a/');
    // Half a minute's tokens are missing; a window counts in the next one, too.
    for (const [key, ms] of [
      [tokens, 30_000],
      [window, 120_000],
    ] as const) {
      const left = await watcher.pttl(key!);
      expect(left).toBeGreaterThan(ms - 5_000);
      expect(left).toBeLessThanOrEqual(ms);
    }
    await own.store.take([demand('n/', 'x', perHour(5), 6)], T);
    expect((await keys()).length).toBe(2);
  });

  it('keeps every key a while, whatever the caller takes for the time', async () => {
    const { store, keyPrefix } = storeOver(client, redis!.prefix, { time: 'caller' });
    for (const nowMs of [0, T, 2 ** 52]) await store.take([demand('a/', String(nowMs), perSecond(10))], nowMs);
    for (const key of await watcher.keys(`${keyPrefix}:*`)) {
      expect(await watcher.pttl(key)).toBeGreaterThan(50_000);
      expect(await watcher.pttl(key)).toBeLessThan(70_000);
    }
  });

  it("goes by the server's clock: processes whose clocks are apart share one bucket all the same", async () => {
    const [fast, slow] = [own.again(), own.again()];
    const bucket = [demand('a/', 'x', perHour(3))];
    expect(await allowed(fast.take(bucket, T + 9e9))).toBe(true);
    expect(await allowed(slow.take(bucket, T))).toBe(true);
    expect(await allowed(fast.take(bucket, T + 99e9))).toBe(true);
    expect(await allowed(slow.take(bucket, T))).toBe(false);
    expect(await allowed(fast.take(bucket, T + 999e9))).toBe(false);
  });

  it('admits of many calls at once, from many connections, exactly what the bucket holds', async () => {
    const clients = Array.from({ length: 4 }, () => new Redis(redis!.url));
    const stores = clients.map((each) => new RedisBucketStore(each, { keyPrefix: own.keyPrefix, outage: 'closed' }));
    const both = [demand('a/', 'x', perHour(100)), demand('b/', 'x', perHour(70))];
    const calls = Array.from({ length: 400 }, async (_, index) => allowed(stores[index % 4]!.take(both, T)));
    expect((await Promise.all(calls)).filter(Boolean).length).toBe(70);
    const { answers } = await own.again().take([demand('a/', 'x', perHour(100), 30)], T);
    expect(answers[0]).toMatchObject({ allowed: true, remaining: 0 });
    for (const each of clients) each.disconnect();
  });

  it('refuses a call whose key holds something else, charges nothing, and does not call that an outage', async () => {
    const local = storeOver(client, redis!.prefix, { outage: 'open' });
    const both = [demand('a/', 'x', perHour(3)), demand('b/', 'x', perHour(3))];
    await watcher.lpush(`${local.keyPrefix}:{x}:b:b/`, 'a list');
    await expect(local.store.take(both, T)).rejects.toMatchObject({ code: 'store_unavailable', outage: false });
    expect(await watcher.exists(`${local.keyPrefix}:{x}:b:a/`)).toBe(0);
    expect(await allowed(local.store.take([both[0]!], T))).toBe(true);
  });

  it('does not trust a text that is no record', async () => {
    await watcher.set(`${own.keyPrefix}:{x}:b:a/`, '99999999');
    const { answers } = await own.store.take([demand('a/', 'x', perHour(3))], T);
    expect(answers[0]).toMatchObject({ allowed: true, remaining: 2 });
    expect(await watcher.strlen(`${own.keyPrefix}:{x}:b:a/`)).toBe(24);
  });

  it('keeps buckets apart whose owners try to look alike', async () => {
    const owners = ['x', 'x}:b:a/', '{x}', 'x%7D', 'x}', '}', '{', '%'];
    for (const owner of owners) {
      expect(await allowed(own.store.take([demand('a/', owner, perHour(1))], T))).toBe(true);
      expect(await allowed(own.store.take([demand('a/', owner, perHour(1))], T))).toBe(false);
    }
    expect((await keys()).length).toBe(owners.length);
  });

  it('throws on a bucket that is asked at two rates', async () => {
    const twice = [demand('a/', 'x', perHour(3)), demand('a/', 'x', perHour(4))];
    expect(() => own.store.take(twice, T)).toThrow('the same bucket at two rates');
  });

  it('answers calls of several buckets exactly as the memory store does', async () => {
    const rates: Rate[] = [
      perSecond(3),
      perMinute(7),
      perSecond(1, { burst: 5 }),
      { capacity: 3, refillTokens: 0.3, refillPeriodMs: 700 },
      { capacity: 2 ** 40, refillTokens: 3, refillPeriodMs: 7 },
    ];
    const names = ['a', 'b', 'c'].flatMap((owner) => ['x/', 'y/'].map((prefix) => ({ owner, prefix })));
    const call = fc.record({
      stepMs: fc.integer({ min: 0, max: 4000 }),
      buckets: fc.array(
        fc.record({
          name: fc.constantFrom(...names),
          cost: fc.constantFrom(1, 1, 2, 0.5, 0.1, 2 ** 39 + 0.5),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...rates),
        fc.constantFrom('token-bucket' as const, 'sliding-window' as const),
        fc.array(call, { maxLength: 12 }),
        async (rate, algorithm, list) => {
          const memory = new MemoryBucketStore();
          const { store } = storeOver(client, redis!.prefix, { time: 'caller' });
          let nowMs = T;
          for (const { stepMs, buckets } of list) {
            nowMs += stepMs;
            const demands = buckets.map(({ name: { owner, prefix }, cost }) => ({
              ...demand(prefix, owner, rate, cost),
              algorithm,
            }));
            expect(await store.take(demands, nowMs)).toEqual(memory.take(demands, nowMs));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('changes from one algorithm to the other as the memory store does: with a new bucket', async () => {
    const bucket = demand('a/', 'x', perHour(2));
    await own.store.take([bucket], T);
    const window = { ...bucket, algorithm: 'sliding-window' as const };
    expect((await own.store.take([window], T)).answers[0]).toMatchObject({ remaining: 1 });
    expect((await own.store.take([bucket], T)).answers[0]).toMatchObject({ remaining: 1 });
  });
});

describe.skipIf(!cluster)('buckets in a Redis Cluster', () => {
  const client = cluster! && new Cluster([...cluster.startup]);
  afterAll(() => client?.disconnect());
  let own: ReturnType<typeof storeOver>;
  beforeEach(() => {
    own = storeOver(client, cluster!.prefix);
  });

  /** Owners in slots of different servers. */
  const apart = (count: number): string[] => {
    const found = new Map<number, string>();
    for (let number = 0; found.size < count; number++) {
      const owner = `owner-${number}`;
      const third = Math.floor(slotOf(`{${owner}}`) / 5461);
      if (!found.has(third)) found.set(third, owner);
    }
    return [...found.values()];
  };

  it('finds the slots that the servers find', async () => {
    for (const text of ['bulwark:{alice}:b:', '{}x', 'a{}{b}', 'äöü', '123456789', '{a', 'x{y}{z}', '{ä}', '\0']) {
      expect(slotOf(text)).toBe(await client.cluster('KEYSLOT', text));
    }
  });

  it('charges buckets on several servers, all or none', async () => {
    const [x, y] = apart(2) as [string, string];
    const both = [demand('a/', x, perHour(10)), demand('a/', y, perHour(2))];
    expect(await allowed(own.store.take(both, T))).toBe(true);
    expect(await allowed(own.store.take(both, T))).toBe(true);
    const refused = await own.store.take(both, T);
    expect(refused).toMatchObject({
      allowed: false,
      answers: [
        { allowed: true, remaining: 8, retryAfterMs: 0 },
        { allowed: false, remaining: 0 },
      ],
    });
    expect(await allowed(own.store.take([demand('a/', x, perHour(10), 8)], T))).toBe(true);
  });

  it('gives back to a window what it took, too', async () => {
    const [x, y] = apart(2) as [string, string];
    const algorithm = 'sliding-window' as const;
    const both = [
      { ...demand('w/', x, perHour(10)), algorithm },
      { ...demand('w/', y, perHour(1)), algorithm },
    ];
    expect(await allowed(own.store.take(both, T))).toBe(true);
    for (let call = 0; call < 5; call++) expect(await allowed(own.store.take(both, T))).toBe(false);
    expect((await own.store.take([{ ...both[0]!, cost: 9 }], T)).answers[0]).toMatchObject({
      allowed: true,
      remaining: 0,
    });
  });

  it('never admits more than any of the buckets holds, of many calls at once', async () => {
    const [x, y, z] = apart(3) as [string, string, string];
    const all = [demand('a/', x, perHour(40)), demand('a/', y, perHour(25)), demand('a/', z, perHour(60))];
    const calls = Array.from({ length: 200 }, async () => allowed(own.store.take(all, T)));
    const admitted = (await Promise.all(calls)).filter(Boolean).length;
    // Calls at once may refuse one another what they give back a moment later: stricter, never looser.
    expect(admitted).toBeLessThanOrEqual(25);
    expect(admitted).toBeGreaterThan(0);
    // And nothing is lost for good: what was not used is there.
    for (let left = 25 - admitted; left > 0; left--) expect(await allowed(own.store.take(all, T))).toBe(true);
    expect(await allowed(own.store.take(all, T))).toBe(false);
    const rest = await own.store.take([demand('a/', x, perHour(40), 15)], T);
    expect(rest).toMatchObject({ allowed: true, answers: [{ remaining: 0 }] });
  });
});
