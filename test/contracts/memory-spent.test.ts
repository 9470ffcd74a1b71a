import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpiryQueue } from '../../lib/core/expiry-queue.js';
import { MemorySpentStore } from '../../lib/core/memory-spent.store.js';

describe('the spent store in memory', () => {
  it('is closed to everybody when it is full, and open again when an id has expired', () => {
    const store = new MemorySpentStore({ maxIds: 50_000 });
    for (let n = 0; n < 50_000; n++) store.spend(`${n}`, 1000 + n, 0);
    for (let n = 0; n < 2000; n++) expect(() => store.spend(`more${n}`, 1000, 0)).toThrow('all 50000 ids are in use');
    expect(store.spend('later', 9999, 1000)).toBe(true);
    expect(store.size).toBe(50_000);
  });

  it('holds nothing of those who have gone', () => {
    const store = new MemorySpentStore({ maxIds: 10 });
    for (let n = 0; n < 100; n++) expect(store.spend(`${n}`, n + 1, n, `owner ${n}`)).toBe(true);
    expect(store.size).toBe(1);
  });
});

describe('the queue of what expires', () => {
  it('gives out what has expired, the first first, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000)), fc.nat(1000), (times, now) => {
        const queue = new ExpiryQueue<{ untilMs: number }>();
        for (const untilMs of times) queue.push({ untilMs });
        const out: number[] = [];
        for (let next = queue.popExpired(now); next; next = queue.popExpired(now)) out.push(next.untilMs);
        expect(out).toEqual(times.filter((each) => each <= now).toSorted((left, right) => left - right));
      }),
    );
  });
});
