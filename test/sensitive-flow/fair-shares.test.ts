import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairShares } from '../../lib/throttling/sensitive-flow/fair-shares.js';

describe('fair shares', () => {
  it('take the oldest of who has the most, and among equals of who came first', () => {
    const shares = new FairShares();
    expect(shares.next()).toBeUndefined();
    shares.add('alice', 'a1');
    for (const key of ['m1', 'm2', 'm3']) shares.add('mallory', key);
    expect(shares.next()).toBe('m1');
    for (const key of ['m1', 'm2']) shares.delete('mallory', key);
    expect(shares.next()).toBe('a1');
    shares.delete('alice', 'a1');
    shares.delete('alice', 'a1');
    expect(shares.next()).toBe('m3');
    shares.delete('mallory', 'm3');
    expect(shares.next()).toBeUndefined();
  });

  it('always name a key of an owner who has no fewer than anybody else', () => {
    const step = fc.tuple(fc.boolean(), fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const shares = new FairShares();
        const model = new Map<string, Set<string>>();
        for (const [adds, owner, number] of steps) {
          const [key, keys] = [`${owner}${number}`, model.get(owner) ?? new Set<string>()];
          model.set(owner, keys);
          if (adds) shares.add(owner, key);
          else shares.delete(owner, key);
          if (adds) keys.add(key);
          else keys.delete(key);
          const most = Math.max(...[...model.values()].map(({ size }) => size));
          const candidates = [...model.values()].filter(({ size }) => size === most).map((each) => [...each][0]);
          expect(candidates).toContain(shares.next());
        }
      }),
    );
  });
});
