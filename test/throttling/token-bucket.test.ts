import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeTokens, type TokenBucketPolicy, type TokenBucketState } from '../../lib/throttling/token-bucket.js';
import { perDay, perHour, perMinute, perSecond } from '../../lib/throttling/rate.js';

const policy = (capacity: number, refillTokens: number, refillPeriodMs: number): TokenBucketPolicy => ({
  capacity,
  refillTokens,
  refillPeriodMs,
});

const T = 1_767_225_600_000;

/** Takes one token after another until one is refused. Returns how many were admitted, and the state. */
function drain(start: TokenBucketState | undefined, nowMs: number, rate: TokenBucketPolicy) {
  let state = start;
  for (let admitted = 0; ; admitted++) {
    const answer = takeTokens(state, nowMs, 1, rate);
    state = answer.state;
    if (!answer.allowed) return { admitted, ...answer };
  }
}

describe('takeTokens', () => {
  it('starts full, and says what is left and when it is full again', () => {
    const { state, ...answer } = takeTokens(undefined, T, 1, perMinute(100));
    expect(answer).toEqual({ allowed: true, remaining: 99, retryAfterMs: 0, resetMs: 600 });
    expect(takeTokens(state, T, 99, perMinute(100))).toMatchObject({ allowed: true, remaining: 0, resetMs: 60_000 });
  });

  it('starts with as many tokens as it is told', () => {
    const start = { ...perSecond(10), initialTokens: 2 };
    expect(drain(undefined, T, start)).toMatchObject({ admitted: 2, retryAfterMs: 100 });
    expect(drain(undefined, T, { ...start, initialTokens: 0 })).toMatchObject({ admitted: 0, retryAfterMs: 100 });
  });

  it('refuses an empty bucket until exactly the next token, and takes nothing for it', () => {
    const { admitted, state, retryAfterMs } = drain(undefined, T, perMinute(7));
    expect({ admitted, retryAfterMs }).toEqual({ admitted: 7, retryAfterMs: 8572 });
    expect(takeTokens(state, T + 8571, 1, perMinute(7))).toMatchObject({
      allowed: false,
      remaining: 0,
      retryAfterMs: 1,
    });
    const refusedOften = takeTokens(takeTokens(state, T + 10, 1, perMinute(7)).state, T + 20, 1, perMinute(7)).state;
    expect(takeTokens(refusedOften, T + 8572, 1, perMinute(7))).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('never loses a fraction of a token', () => {
    let { state } = drain(undefined, T, perMinute(7));
    let admitted = 0;
    for (let ms = 1; ms <= 60_000; ms++) {
      const answer = takeTokens(state, T + ms, 1, perMinute(7));
      state = answer.state;
      if (answer.allowed) admitted++;
    }
    expect(admitted).toBe(7);
    expect(takeTokens(state, T + 60_000, 1, perMinute(7))).toMatchObject({ retryAfterMs: 8572, resetMs: 60_000 });
  });

  it('refuses a cost over the capacity for ever, and says so', () => {
    const answer = takeTokens(undefined, T, 11, perSecond(10));
    expect(answer).toMatchObject({ allowed: false, remaining: 10, retryAfterMs: null, resetMs: 0 });
    expect(takeTokens(answer.state, T, 10, perSecond(10))).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('saves up a burst, and no more', () => {
    const rate = perSecond(10, { burst: 20 });
    const { admitted, state } = drain(undefined, T, rate);
    expect(admitted).toBe(20);
    expect(drain(state, T + 1000, rate).admitted).toBe(10);
    expect(drain(state, T + 86_400_000, rate).admitted).toBe(20);
  });

  it.each([
    { name: 'a fifth of a token, five times', cost: 0.2, capacity: 1, times: 5 },
    { name: 'a tenth, thirty times', cost: 0.1, capacity: 3, times: 30 },
    { name: 'two and a half, four times', cost: 2.5, capacity: 10, times: 4 },
  ])('adds up costs that are no whole numbers: $name', ({ cost, capacity, times }) => {
    let state: TokenBucketState | undefined;
    for (let time = 0; time < times; time++) {
      const answer = takeTokens(state, T, cost, perSecond(capacity));
      expect(answer.allowed).toBe(true);
      state = answer.state;
    }
    expect(takeTokens(state, T, cost, perSecond(capacity))).toMatchObject({ allowed: false, remaining: 0 });
  });

  it('refills by a rate that is no whole number as it was written', () => {
    const rate = policy(10, 0.1, 1000);
    const { state, retryAfterMs } = drain(undefined, T, rate);
    expect(retryAfterMs).toBe(10_000);
    expect(takeTokens(state, T + 9999, 1, rate).allowed).toBe(false);
    expect(takeTokens(state, T + 10_000, 1, rate).allowed).toBe(true);
  });

  it('neither refills nor locks out when the clock goes backwards', () => {
    const { state } = drain(undefined, T, perSecond(10));
    const back = takeTokens(state, T - 3_600_000, 1, perSecond(10));
    expect(back).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 100 });
    expect(takeTokens(back.state, T - 3_600_000 + 99, 1, perSecond(10)).allowed).toBe(false);
    expect(takeTokens(back.state, T - 3_600_000 + 100, 1, perSecond(10)).allowed).toBe(true);
  });

  it('keeps what a caller had left when the rate changes', () => {
    const { state } = takeTokens(undefined, T, 60, perMinute(100));
    expect(takeTokens(state, T, 1, perDay(1_000_000))).toMatchObject({ allowed: true, remaining: 39 });
    expect(takeTokens(state, T, 1, perMinute(30))).toMatchObject({ allowed: true, remaining: 29 });
  });

  it.each([
    [undefined, TypeError],
    ['1', TypeError],
    [NaN, RangeError],
    [0, RangeError],
    [-1, RangeError],
    [Infinity, RangeError],
  ])('refuses %s where a positive number belongs', (wrong, error) => {
    const bad = wrong as number;
    expect(() => takeTokens(undefined, T, bad, perSecond(1))).toThrow(error);
    expect(() => takeTokens(undefined, T, 1, policy(bad, 1, 1000))).toThrow(error);
    expect(() => takeTokens(undefined, T, 1, policy(1, bad, 1000))).toThrow(error);
    expect(() => takeTokens(undefined, T, 1, policy(1, 1, bad))).toThrow(error);
  });

  it.each([NaN, Infinity, -1, 11])('refuses to start with %s of 10 tokens', (initialTokens) => {
    expect(() => takeTokens(undefined, T, 1, { ...perSecond(10), initialTokens })).toThrow(RangeError);
  });

  it.each([
    { units: NaN, unitsPerToken: 1, atMs: 0 },
    { units: -1, unitsPerToken: 1, atMs: 0 },
    { units: 1, unitsPerToken: 0, atMs: 0 },
    { units: 1, unitsPerToken: 1, atMs: Infinity },
    {},
  ])('refuses a state that is none: %j', (state) => {
    expect(() => takeTokens(state as TokenBucketState, T, 1, perSecond(10))).toThrow(TypeError);
    expect(() => takeTokens(undefined, NaN, 1, perSecond(10))).toThrow(RangeError);
  });
});

const anyPolicy = fc.record({
  capacity: fc.integer({ min: 1, max: 2000 }),
  refillTokens: fc.integer({ min: 1, max: 2000 }),
  refillPeriodMs: fc.constantFrom(1, 7, 1000, 1001, 60_000, 3_600_000, 86_400_000),
});
const anyCalls = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 5000 }), cost: fc.integer({ min: 1, max: 20 }) }),
  { minLength: 1, maxLength: 120 },
);

describe('takeTokens, over random calls', () => {
  it('admits at most capacity + rate × t within any span of t', () => {
    fc.assert(
      fc.property(anyPolicy, anyCalls, (rate, calls) => {
        const admitted: { atMs: number; cost: number }[] = [];
        let state: TokenBucketState | undefined;
        let nowMs = T;
        for (const { afterMs, cost } of calls) {
          nowMs += afterMs;
          const answer = takeTokens(state, nowMs, cost, rate);
          state = answer.state;
          if (answer.allowed) admitted.push({ atMs: nowMs, cost });
        }
        for (let first = 0; first < admitted.length; first++) {
          let sum = 0;
          for (let last = first; last < admitted.length; last++) {
            sum += admitted[last]!.cost;
            const spanMs = BigInt(admitted[last]!.atMs - admitted[first]!.atMs);
            const bound = BigInt(rate.capacity * rate.refillPeriodMs) + spanMs * BigInt(rate.refillTokens);
            expect(BigInt(sum) * BigInt(rate.refillPeriodMs) <= bound).toBe(true);
          }
        }
      }),
    );
  });

  it('decides exactly as unlimited whole numbers do: it refuses nothing that the bound allows', () => {
    fc.assert(
      fc.property(anyPolicy, anyCalls, (rate, calls) => {
        const full = BigInt(rate.capacity) * BigInt(rate.refillPeriodMs);
        let level = full;
        let state: TokenBucketState | undefined;
        let nowMs = T;
        for (const { afterMs, cost } of calls) {
          nowMs += afterMs;
          level += BigInt(afterMs) * BigInt(rate.refillTokens);
          if (level > full) level = full;
          const asked = BigInt(cost) * BigInt(rate.refillPeriodMs);
          const answer = takeTokens(state, nowMs, cost, rate);
          expect(answer.allowed).toBe(level >= asked);
          if (answer.allowed) level -= asked;
          expect(answer.remaining).toBe(Number(level / BigInt(rate.refillPeriodMs)));
          const missing = asked - level;
          if (!answer.allowed && cost <= rate.capacity) {
            expect(answer.retryAfterMs).toBe(
              Number((missing + BigInt(rate.refillTokens) - 1n) / BigInt(rate.refillTokens)),
            );
          }
          state = answer.state;
        }
      }),
    );
  });

  it('admits a call that comes back after retryAfterMs, and not one that comes a millisecond early', () => {
    fc.assert(
      fc.property(anyPolicy, anyCalls, (rate, calls) => {
        let state: TokenBucketState | undefined;
        let nowMs = T;
        for (const { afterMs, cost } of calls) {
          nowMs += afterMs;
          const answer = takeTokens(state, nowMs, cost, rate);
          state = answer.state;
          if (answer.allowed || answer.retryAfterMs === null) continue;
          expect(answer.retryAfterMs).toBeGreaterThan(0);
          expect(takeTokens(state, nowMs + answer.retryAfterMs, cost, rate).allowed).toBe(true);
          expect(takeTokens(state, nowMs + answer.retryAfterMs - 1, cost, rate).allowed).toBe(false);
        }
      }),
    );
  });

  it('never locks out and never refills by a clock that jumps', () => {
    const jumps = fc.array(fc.integer({ min: -10_000_000, max: 1000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(anyPolicy, jumps, (rate, deltas) => {
        let state: TokenBucketState | undefined;
        let nowMs = T;
        let forwardMs = 0;
        let admitted = 0;
        for (const delta of deltas) {
          nowMs += delta;
          forwardMs += Math.max(0, delta);
          const answer = takeTokens(state, nowMs, 1, rate);
          state = answer.state;
          if (answer.allowed) admitted++;
          else expect(answer.retryAfterMs).toBeLessThanOrEqual(Math.ceil(rate.refillPeriodMs / rate.refillTokens));
        }
        expect(admitted).toBeLessThanOrEqual(
          rate.capacity + (forwardMs * rate.refillTokens) / rate.refillPeriodMs + 1e-6,
        );
      }),
    );
  });

  it('goes on from a state that was JSON in between', () => {
    fc.assert(
      fc.property(anyPolicy, anyCalls, (rate, calls) => {
        let kept: TokenBucketState | undefined;
        let stored: string | undefined;
        let nowMs = T;
        for (const { afterMs, cost } of calls) {
          nowMs += afterMs;
          const direct = takeTokens(kept, nowMs, cost, rate);
          const parsed = stored === undefined ? undefined : (JSON.parse(stored) as TokenBucketState);
          expect(takeTokens(parsed, nowMs, cost, rate)).toEqual(direct);
          kept = direct.state;
          stored = JSON.stringify(direct.state);
        }
      }),
    );
  });

  it('keeps its promise about retrying on a clock that tells fractions of milliseconds', () => {
    const fraction = fc.double({ min: 0, max: 5000, noNaN: true });
    fc.assert(
      fc.property(anyPolicy, fc.array(fraction, { minLength: 1, maxLength: 80 }), (rate, steps) => {
        let state: TokenBucketState | undefined;
        let nowMs = T;
        for (const step of steps) {
          nowMs += step / 100;
          const answer = takeTokens(state, nowMs, 1, rate);
          state = answer.state;
          if (!answer.allowed) expect(takeTokens(state, nowMs + answer.retryAfterMs!, 1, rate).allowed).toBe(true);
        }
      }),
    );
  });
});

describe('rates', () => {
  it('read as words', () => {
    expect(perSecond(10, { burst: 20 })).toEqual({ capacity: 20, refillTokens: 10, refillPeriodMs: 1000 });
    expect(perMinute(100)).toEqual({ capacity: 100, refillTokens: 100, refillPeriodMs: 60_000 });
    expect(perHour(5)).toEqual({ capacity: 5, refillTokens: 5, refillPeriodMs: 3_600_000 });
    expect(perDay(1)).toEqual({ capacity: 1, refillTokens: 1, refillPeriodMs: 86_400_000 });
  });

  it.each([0, -5, NaN, Infinity, 1.5, '100', undefined])('refuse %s, and say what to write', (wrong) => {
    expect(() => perMinute(wrong as number)).toThrow(TypeError);
    expect(() => perMinute(wrong as number)).toThrow(/^perMinute: .*Use /);
  });

  it('refuse a burst that is none, and a slip in its name', () => {
    expect(() => perMinute(10, { burst: 0 })).toThrow(/perMinute: 0 is not a positive whole number of tokens/);
    expect(() => perMinute(10, { bursts: 5 } as object)).toThrow(/Did you mean `perMinute.burst`\?/);
  });
});
