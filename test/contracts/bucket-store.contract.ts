/** What every bucket store must do, wherever it keeps its buckets. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BucketDemand, BucketStore } from '../../lib/throttling/bucket.store.js';
import { perHour, perMinute, perSecond, type Rate } from '../../lib/throttling/rate.js';
import { takeFromWindow, type SlidingWindowState } from '../../lib/throttling/sliding-window.js';
import { takeTokens, type TokenBucketState } from '../../lib/throttling/token-bucket.js';

const T = 1_767_225_600_000;

const demand = (key: string, rate: Rate, cost = 1): BucketDemand => ({ key, cost, rate });

export interface BucketStoreContractOptions {
  /** False where the store goes by a clock of its own and not by `nowMs`: what needs time to pass is left out. */
  readonly takesTime?: boolean;
  /** How many random sequences are compared. Default 100. */
  readonly runs?: number;
}

/** @param makeStore A store with no buckets, asked for anew by every test. */
export function bucketStoreContract(
  name: string,
  makeStore: () => BucketStore | Promise<BucketStore>,
  { takesTime = true, runs = 100 }: BucketStoreContractOptions = {},
): void {
  describe(`the bucket store: ${name}`, () => {
    it('answers as a full bucket for a key that it does not know', async () => {
      const store = await makeStore();
      expect(await store.take([demand('alice', perMinute(100))], T)).toEqual({
        allowed: true,
        answers: [{ allowed: true, remaining: 99, retryAfterMs: 0, resetMs: 600 }],
      });
    });

    it('admits exactly the capacity, then says when to come back', async () => {
      const store = await makeStore();
      for (let call = 0; call < 5; call++) {
        expect((await store.take([demand('alice', perHour(5))], T)).allowed).toBe(true);
      }
      const { allowed, answers } = await store.take([demand('alice', perHour(5))], T);
      expect(allowed).toBe(false);
      expect(answers).toHaveLength(1);
      expect(answers[0]).toMatchObject({ allowed: false, remaining: 0 });
      expect(answers[0]!.retryAfterMs).toBeGreaterThan(719_000);
      expect(answers[0]!.retryAfterMs).toBeLessThanOrEqual(720_000);
    });

    it('admits exactly the capacity of calls that are made at once', async () => {
      const store = await makeStore();
      const calls = Array.from({ length: 50 }, async () => store.take([demand('alice', perHour(20))], T));
      const outcomes = await Promise.all(calls);
      expect(outcomes.filter(({ allowed }) => allowed)).toHaveLength(20);
    });

    it('keeps the buckets of different keys apart, and of keys that look alike', async () => {
      const store = await makeStore();
      const keys = ['alice', 'Alice', 'alice ', 'a/lice', 'älice', 'a\u0308lice', '', '\0', 'alice\n', 'a'.repeat(500)];
      for (const key of keys) {
        expect((await store.take([demand(key, perHour(1))], T)).allowed).toBe(true);
        expect((await store.take([demand(key, perHour(1))], T)).allowed).toBe(false);
      }
    });

    it('charges all buckets of a call or none', async () => {
      const store = await makeStore();
      const both = [demand('wide', perHour(10)), demand('narrow', perHour(2))];
      await store.take(both, T);
      await store.take(both, T);
      const refused = await store.take(both, T);
      expect(refused.allowed).toBe(false);
      expect(refused.answers[0]).toMatchObject({ allowed: true, remaining: 8, retryAfterMs: 0 });
      expect(refused.answers[1]).toMatchObject({ allowed: false, remaining: 0 });
      expect((await store.take([demand('wide', perHour(10), 8)], T)).allowed).toBe(true);
    });

    it('charges a bucket twice that a call names twice', async () => {
      const store = await makeStore();
      const rate = perHour(3);
      const twice = [demand('alice', rate), demand('alice', rate)];
      expect((await store.take(twice, T)).allowed).toBe(true);
      expect((await store.take(twice, T)).allowed).toBe(false);
      expect(await store.take([demand('alice', rate)], T)).toMatchObject({
        allowed: true,
        answers: [{ remaining: 0 }],
      });
    });

    it('says of a cost over the capacity that it can never pass', async () => {
      const store = await makeStore();
      const { allowed, answers } = await store.take([demand('alice', perHour(5), 6)], T);
      expect({ allowed, answers }).toEqual({
        allowed: false,
        answers: [{ allowed: false, remaining: 5, retryAfterMs: null, resetMs: 0 }],
      });
    });

    it('allows a call that needs no bucket', async () => {
      const store = await makeStore();
      expect(await store.take([], T)).toEqual({ allowed: true, answers: [] });
    });

    it('keeps what a caller had left when their rate changes', async () => {
      const store = await makeStore();
      await store.take([demand('alice', perHour(10), 6)], T);
      expect(await store.take([demand('alice', perHour(5))], T)).toMatchObject({ answers: [{ remaining: 3 }] });
    });

    it.each([NaN, 0, -1, Infinity])('throws on a cost of %s, and charges nothing', async (cost) => {
      const store = await makeStore();
      const bad = async (): Promise<unknown> =>
        store.take([demand('alice', perHour(1)), demand('bob', perHour(1), cost)], T);
      await expect(bad()).rejects.toThrow(RangeError);
      expect((await store.take([demand('alice', perHour(1))], T)).allowed).toBe(true);
    });

    if (!takesTime) return;

    it('refills with time, and not by a clock that goes backwards', async () => {
      const store = await makeStore();
      await store.take([demand('alice', perSecond(10), 10)], T);
      expect((await store.take([demand('alice', perSecond(10))], T + 99)).allowed).toBe(false);
      expect((await store.take([demand('alice', perSecond(10))], T + 100)).allowed).toBe(true);
      expect((await store.take([demand('alice', perSecond(10))], T - 5000)).allowed).toBe(false);
      expect((await store.take([demand('alice', perSecond(10))], T - 4900)).allowed).toBe(true);
    });

    const rates = [perSecond(3), perMinute(7), perSecond(1, { burst: 5 }), perHour(1000)];
    const callsOf = (keys: readonly string[], backMs: number) =>
      fc.array(
        fc.record({
          key: fc.constantFrom(...keys),
          stepMs: fc.integer({ min: -backMs, max: 6000 }),
          cost: fc.constantFrom(1, 1, 2, 5, 0.5),
        }),
        { maxLength: 60 },
      );
    // A store may forget a bucket that it has seen full. So time goes backwards only where there is one bucket to see.
    const calls = fc.oneof(callsOf(['a', 'b', 'c'], 0), callsOf(['a'], 2000));

    it('answers every single take exactly as takeTokens does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...rates), calls, async (rate, steps) => {
          const store = await makeStore();
          const states = new Map<string, TokenBucketState>();
          let nowMs = T;
          for (const { key, stepMs, cost } of steps) {
            nowMs += stepMs;
            const { state, ...answer } = takeTokens(states.get(key), nowMs, cost, rate);
            states.set(key, state);
            const outcome = await store.take([demand(key, rate, cost)], nowMs);
            expect(outcome).toEqual({ allowed: answer.allowed, answers: [answer] });
          }
        }),
        { numRuns: runs },
      );
    });

    it('answers every single take of a sliding window exactly as takeFromWindow does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...rates), calls, async (rate, steps) => {
          const store = await makeStore();
          const states = new Map<string, SlidingWindowState>();
          let nowMs = T;
          for (const { key, stepMs, cost } of steps) {
            nowMs += stepMs;
            const { state, ...answer } = takeFromWindow(states.get(key), nowMs, cost, rate);
            states.set(key, state);
            const outcome = await store.take([{ key, cost, rate, algorithm: 'sliding-window' }], nowMs);
            expect(outcome).toEqual({ allowed: answer.allowed, answers: [answer] });
          }
        }),
        { numRuns: runs },
      );
    });
  });
}
