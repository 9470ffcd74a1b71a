/** What every bucket store must do, wherever it keeps its buckets. */

import { equal, ok, rejects } from 'node:assert/strict';
import type { BucketDemand, BucketStore } from '../../throttling/bucket.store.js';
import { perHour, perMinute, perSecond, type Rate } from '../../throttling/rate.js';
import { takeFromWindow, type SlidingWindowState } from '../../throttling/sliding-window.js';
import { takeTokens, type TokenBucketState } from '../../throttling/token-bucket.js';
import { agree, agreeInPart } from './agreement.js';
import { randomRuns, type Random, type RandomRunsOptions } from './random-runs.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

const T = 1_767_225_600_000;

const demand = (key: string, rate: Rate, cost = 1): BucketDemand => ({ key, cost, rate });

export interface BucketStoreContractOptions extends RandomRunsOptions {
  /** False where the store goes by a clock of its own and not by `nowMs`: what needs time to pass is left out. */
  readonly takesTime?: boolean;
}

interface BucketCall {
  readonly key: string;
  readonly stepMs: number;
  readonly cost: number;
}

/** @param makeStore A store with no buckets, asked for anew by every test. */
export function bucketStoreContract(
  { describe, it }: TestFramework,
  name: string,
  makeStore: MakeStore<BucketStore>,
  { takesTime = true, ...random }: BucketStoreContractOptions = {},
): void {
  describe(`the bucket store: ${name}`, () => {
    it('answers as a full bucket for a key that it does not know', async () => {
      const store = await makeStore();
      agree(await store.take([demand('alice', perMinute(100))], T), {
        allowed: true,
        answers: [{ allowed: true, remaining: 99, retryAfterMs: 0, resetMs: 600 }],
      });
    });

    it('admits exactly the capacity, then says when to come back', async () => {
      const store = await makeStore();
      for (let call = 0; call < 5; call++) {
        equal((await store.take([demand('alice', perHour(5))], T)).allowed, true);
      }
      const { allowed, answers } = await store.take([demand('alice', perHour(5))], T);
      equal(allowed, false);
      equal(answers.length, 1);
      agreeInPart(answers[0], { allowed: false, remaining: 0 });
      ok(answers[0]!.retryAfterMs! > 719_000);
      ok(answers[0]!.retryAfterMs! <= 720_000);
    });

    it('admits exactly the capacity of calls that are made at once', async () => {
      const store = await makeStore();
      const calls = Array.from({ length: 50 }, async () => store.take([demand('alice', perHour(20))], T));
      const outcomes = await Promise.all(calls);
      equal(outcomes.filter(({ allowed }) => allowed).length, 20);
    });

    it('keeps the buckets of different keys apart, and of keys that look alike', async () => {
      const store = await makeStore();
      const keys = ['alice', 'Alice', 'alice ', 'a/lice', 'älice', 'a\u0308lice', '', '\0', 'alice\n', 'a'.repeat(500)];
      for (const key of keys) {
        equal((await store.take([demand(key, perHour(1))], T)).allowed, true);
        equal((await store.take([demand(key, perHour(1))], T)).allowed, false);
      }
    });

    it('charges all buckets of a call or none', async () => {
      const store = await makeStore();
      const both = [demand('wide', perHour(10)), demand('narrow', perHour(2))];
      await store.take(both, T);
      await store.take(both, T);
      const refused = await store.take(both, T);
      equal(refused.allowed, false);
      agreeInPart(refused.answers[0], { allowed: true, remaining: 8, retryAfterMs: 0 });
      agreeInPart(refused.answers[1], { allowed: false, remaining: 0 });
      equal((await store.take([demand('wide', perHour(10), 8)], T)).allowed, true);
    });

    it('charges a bucket twice that a call names twice', async () => {
      const store = await makeStore();
      const rate = perHour(3);
      const twice = [demand('alice', rate), demand('alice', rate)];
      equal((await store.take(twice, T)).allowed, true);
      equal((await store.take(twice, T)).allowed, false);
      agreeInPart(await store.take([demand('alice', rate)], T), {
        allowed: true,
        answers: [{ remaining: 0 }],
      });
    });

    it('says of a cost over the capacity that it can never pass', async () => {
      const store = await makeStore();
      const { allowed, answers } = await store.take([demand('alice', perHour(5), 6)], T);
      agree(
        { allowed, answers },
        {
          allowed: false,
          answers: [{ allowed: false, remaining: 5, retryAfterMs: null, resetMs: 0 }],
        },
      );
    });

    it('allows a call that needs no bucket', async () => {
      const store = await makeStore();
      agree(await store.take([], T), { allowed: true, answers: [] });
    });

    it('keeps what a caller had left when their rate changes', async () => {
      const store = await makeStore();
      await store.take([demand('alice', perHour(10), 6)], T);
      agreeInPart(await store.take([demand('alice', perHour(5))], T), { answers: [{ remaining: 3 }] });
    });

    for (const cost of [NaN, 0, -1, Infinity]) {
      it(`throws on a cost of ${cost}, and charges nothing`, async () => {
        const store = await makeStore();
        const bad = async (): Promise<unknown> =>
          store.take([demand('alice', perHour(1)), demand('bob', perHour(1), cost)], T);
        await rejects(bad(), RangeError);
        equal((await store.take([demand('alice', perHour(1))], T)).allowed, true);
      });
    }

    if (!takesTime) return;

    it('refills with time, and not by a clock that goes backwards', async () => {
      const store = await makeStore();
      await store.take([demand('alice', perSecond(10), 10)], T);
      equal((await store.take([demand('alice', perSecond(10))], T + 99)).allowed, false);
      equal((await store.take([demand('alice', perSecond(10))], T + 100)).allowed, true);
      equal((await store.take([demand('alice', perSecond(10))], T - 5000)).allowed, false);
      equal((await store.take([demand('alice', perSecond(10))], T - 4900)).allowed, true);
    });

    const rates = [perSecond(3), perMinute(7), perSecond(1, { burst: 5 }), perHour(1000)];
    // A store may forget a bucket that it has seen full. So time goes backwards only where there is one bucket to see.
    const kinds = [
      { keys: ['a', 'b', 'c'], backMs: 0 },
      { keys: ['a'], backMs: 2000 },
    ];
    const callsOf = ({ oneOf, between, upTo }: Random): readonly BucketCall[] => {
      const { keys, backMs } = oneOf(kinds);
      return upTo(60, () => ({
        key: oneOf(keys),
        stepMs: between(-backMs, 6000),
        cost: oneOf([1, 1, 2, 5, 0.5]),
      }));
    };

    it('answers every single take exactly as takeTokens does', async () => {
      await randomRuns(random, async (each) => {
        const rate = each.oneOf(rates);
        const store = await makeStore();
        const states = new Map<string, TokenBucketState>();
        let nowMs = T;
        for (const { key, stepMs, cost } of callsOf(each)) {
          nowMs += stepMs;
          const { state, ...answer } = takeTokens(states.get(key), nowMs, cost, rate);
          states.set(key, state);
          const outcome = await store.take([demand(key, rate, cost)], nowMs);
          agree(outcome, { allowed: answer.allowed, answers: [answer] });
        }
      });
    });

    it('answers every single take of a sliding window exactly as takeFromWindow does', async () => {
      await randomRuns(random, async (each) => {
        const rate = each.oneOf(rates);
        const store = await makeStore();
        const states = new Map<string, SlidingWindowState>();
        let nowMs = T;
        for (const { key, stepMs, cost } of callsOf(each)) {
          nowMs += stepMs;
          const { state, ...answer } = takeFromWindow(states.get(key), nowMs, cost, rate);
          states.set(key, state);
          const outcome = await store.take([{ key, cost, rate, algorithm: 'sliding-window' }], nowMs);
          agree(outcome, { allowed: answer.allowed, answers: [answer] });
        }
      });
    });
  });
}
