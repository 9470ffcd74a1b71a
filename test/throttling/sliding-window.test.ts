import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { perMinute, perSecond } from '../../lib/throttling/rate.js';
import { takeFromWindow, type SlidingWindowState } from '../../lib/throttling/sliding-window.js';

const T = 1_767_225_600_000;

function takeAll(start: SlidingWindowState | undefined, nowMs: number, limit: number) {
  let state = start;
  for (let admitted = 0; ; admitted++) {
    const answer = takeFromWindow(state, nowMs, 1, perMinute(limit));
    state = answer.state;
    if (!answer.allowed) return { admitted, ...answer };
  }
}

describe('takeFromWindow', () => {
  it('admits the limit at once, and nothing more within the window', () => {
    const { admitted, state, retryAfterMs, remaining, resetMs } = takeAll(undefined, T, 10);
    expect({ admitted, remaining, resetMs }).toEqual({ admitted: 10, remaining: 0, resetMs: 120_000 });
    // After the window each tenth of the next one frees a tenth of what was counted.
    expect(retryAfterMs).toBe(66_000);
    expect(takeFromWindow(state, T + 65_999, 1, perMinute(10)).allowed).toBe(false);
    expect(takeFromWindow(state, T + 66_000, 1, perMinute(10)).allowed).toBe(true);
  });

  it('forgets after two windows', () => {
    const { state } = takeAll(undefined, T, 10);
    expect(takeAll(state, T + 120_000, 10).admitted).toBe(10);
  });

  it('counts no refused call, and refuses a cost over the limit for ever', () => {
    const answer = takeFromWindow(undefined, T, 11, perMinute(10));
    expect(answer).toMatchObject({ allowed: false, remaining: 10, retryAfterMs: null, resetMs: 0 });
    expect(takeFromWindow(answer.state, T, 10, perMinute(10)).allowed).toBe(true);
  });

  it('has a window as long as a bucket takes to fill', () => {
    const answer = takeFromWindow(undefined, T, 20, perSecond(10, { burst: 20 }));
    expect(answer).toMatchObject({ allowed: true, remaining: 0, resetMs: 4000 });
  });

  it('neither refills nor locks out when the clock goes backwards', () => {
    const { state } = takeAll(undefined, T, 10);
    const back = takeFromWindow(state, T - 3_600_000, 1, perMinute(10));
    expect(back).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 66_000 });
    expect(takeFromWindow(back.state, T - 3_600_000 + 66_000, 1, perMinute(10)).allowed).toBe(true);
  });

  it.each([NaN, 0, -1, Infinity])('refuses a cost of %s and a state that is none', (cost) => {
    expect(() => takeFromWindow(undefined, T, cost, perMinute(10))).toThrow(RangeError);
    expect(() => takeFromWindow({ startMs: NaN, previous: 0, current: 0 }, T, 1, perMinute(10))).toThrow(TypeError);
    expect(() => takeFromWindow({ startMs: T, previous: -1, current: 0 }, T, 1, perMinute(10))).toThrow(TypeError);
  });

  it('keeps its bound over random calls: at most the limit and what the span adds to it', () => {
    const calls = fc.array(
      fc.record({ afterMs: fc.integer({ min: 0, max: 40_000 }), cost: fc.integer({ min: 1, max: 6 }) }),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), calls, (limit, steps) => {
        const admitted: { atMs: number; cost: number }[] = [];
        let state: SlidingWindowState | undefined;
        let nowMs = T;
        for (const { afterMs, cost } of steps) {
          nowMs += afterMs;
          const answer = takeFromWindow(state, nowMs, cost, perMinute(limit));
          state = JSON.parse(JSON.stringify(answer.state)) as SlidingWindowState;
          if (answer.allowed) admitted.push({ atMs: nowMs, cost });
          else if (answer.retryAfterMs !== null) {
            const retryMs = nowMs + answer.retryAfterMs;
            expect(takeFromWindow(state, retryMs, cost, perMinute(limit)).allowed).toBe(true);
            expect(takeFromWindow(state, retryMs - 1, cost, perMinute(limit)).allowed).toBe(false);
          }
        }
        for (let first = 0; first < admitted.length; first++) {
          let sum = 0;
          for (let last = first; last < admitted.length; last++) {
            sum += admitted[last]!.cost;
            const spanMs = admitted[last]!.atMs - admitted[first]!.atMs;
            expect(sum * 60_000).toBeLessThanOrEqual(limit * 60_000 + limit * spanMs);
          }
        }
      }),
    );
  });
});
