import { describe, expect, it } from 'vitest';
import type { BucketDemand } from '../../lib/throttling/bucket.store.js';
import { MemoryBucketStore } from '../../lib/throttling/memory-bucket.store.js';
import { perHour, perMinute, perSecond, type Rate } from '../../lib/throttling/rate.js';

const T = 1_767_225_600_000;
const slow = perHour(2);

const take = (store: MemoryBucketStore, key: string, cost = 1, nowMs = T, rate: Rate = slow) =>
  store.take([{ key, cost, rate }], nowMs);

describe('the memory bucket store', () => {
  it('answers at once, not with a promise', () => {
    expect(take(new MemoryBucketStore(), 'alice')).not.toBeInstanceOf(Promise);
  });

  it('forgets the longest unused bucket when it has no room, and only that', () => {
    const store = new MemoryBucketStore({ maxKeys: 3 });
    for (const key of ['a', 'b', 'c', 'a', 'd']) take(store, key);
    expect(store.size).toBe(3);
    expect(take(store, 'a').answers[0]).toMatchObject({ allowed: false, remaining: 0 });
    expect(take(store, 'c').answers[0]).toMatchObject({ allowed: true, remaining: 0 });
    expect(take(store, 'd').answers[0]).toMatchObject({ allowed: true, remaining: 0 });
    expect(take(store, 'b').answers[0]).toMatchObject({ allowed: true, remaining: 1 });
  });

  it('forgets a full bucket before a longer unused one', () => {
    const store = new MemoryBucketStore({ maxKeys: 3 });
    take(store, 'old', 2);
    take(store, 'full', 1, T, perSecond(1000));
    take(store, 'other', 2);
    take(store, 'new', 2, T + 10);
    expect(store.size).toBe(3);
    expect(take(store, 'old', 1, T + 10).allowed).toBe(false);
    expect(take(store, 'other', 1, T + 10).allowed).toBe(false);
  });

  it('keeps exactly the latest of many, as long as they are few enough to look through', () => {
    const store = new MemoryBucketStore({ maxKeys: 100 });
    for (let key = 0; key < 1000; key++) take(store, `k${key}`);
    expect(store.size).toBe(100);
    for (let key = 900; key < 1000; key++) expect(take(store, `k${key}`).answers[0]).toMatchObject({ remaining: 0 });
  });

  it('keeps the bucket of a caller who keeps calling while strangers flood a large store', () => {
    const store = new MemoryBucketStore({ maxKeys: 5000 });
    const rate = perHour(100_000);
    for (let call = 0; call < 20_000; call++) {
      take(store, `stranger-${call}`);
      if (call % 100 === 0) take(store, 'regular', 1, T, rate);
    }
    expect(store.size).toBe(5000);
    expect(take(store, 'regular', 1, T, rate).answers[0]).toMatchObject({ remaining: 100_000 - 201 });
  });

  it('never forgets a bucket that the call itself needs', () => {
    const store = new MemoryBucketStore({ maxKeys: 2 });
    const both = (x: string, y: string): BucketDemand[] => [
      { key: x, cost: 1, rate: slow },
      { key: y, cost: 1, rate: slow },
    ];
    store.take(both('a', 'b'), T);
    expect(store.take(both('a', 'c'), T).answers).toMatchObject([{ remaining: 0 }, { remaining: 1 }]);
    expect(store.size).toBe(2);
    expect(store.take(both('c', 'a'), T).answers).toMatchObject([{ allowed: true }, { allowed: false }]);
  });

  it('lets full buckets go while others are used: no timer, no pause', () => {
    const store = new MemoryBucketStore();
    for (let key = 0; key < 5000; key++) take(store, `k${key}`, 1, T, perMinute(60));
    expect(store.size).toBe(5000);
    for (let call = 0; call < 2600; call++) take(store, 'busy', 1, T + 60_000, perHour(100_000));
    expect(store.size).toBe(1);
  });

  it('forgets rates that nobody uses any more', () => {
    const store = new MemoryBucketStore({ maxKeys: 10 });
    for (let call = 0; call < 5000; call++) take(store, `k${call % 50}`, 1, T, perHour(2 + (call % 1000)));
    expect(store.size).toBe(10);
  });

  it('refuses one bucket at two rates in one call', () => {
    const twice = [
      { key: 'a', cost: 1, rate: perHour(2) },
      { key: 'a', cost: 1, rate: perHour(3) },
    ];
    expect(() => new MemoryBucketStore().take(twice, T)).toThrow(/Give each rate its own key/);
  });

  it.each([0, -1, 1.5, NaN, Infinity, '10'])('refuses room for %s buckets', (maxKeys) => {
    expect(() => new MemoryBucketStore({ maxKeys: maxKeys as number })).toThrow(
      /MemoryBucketStore.maxKeys: .* is not a positive/,
    );
  });

  it('names a slip in an option', () => {
    expect(() => new MemoryBucketStore({ maxKey: 5 } as object)).toThrow(/Did you mean `MemoryBucketStore.maxKeys`\?/);
  });
});
