import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SecurityEvent } from '../../lib/index.js';
import { AlertBudget } from '../../lib/outbound/alerts/alert-budget.js';
import { AlertGathering } from '../../lib/outbound/alerts/alert-batch.js';
import { AlertRepeats } from '../../lib/outbound/alerts/alert-repeats.js';
import { START_MS } from '../app.js';

const HOUR_MS = 3_600_000;

describe('the budget of messages', () => {
  it('gives some at once, and then one after the other', () => {
    const budget = new AlertBudget(60);
    const answers = Array.from({ length: 12 }, () => budget.take(START_MS));
    expect(answers.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0));
    expect(answers.slice(10)).toEqual([72_000, 72_000]);
    expect(budget.take(START_MS + 71_999)).toBe(1);
    expect(budget.take(START_MS + 72_000)).toBe(0);
  });

  it('never gives more than it should in any hour, whenever it is asked', () => {
    const scenario = fc.tuple(
      fc.integer({ min: 2, max: 200 }),
      fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 300 }),
    );
    fc.assert(
      fc.property(scenario, ([maxPerHour, pauses]) => {
        const budget = new AlertBudget(maxPerHour);
        const given: number[] = [];
        let nowMs = START_MS;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          while (budget.take(nowMs) === 0) given.push(nowMs);
        }
        return given.every((fromMs, index) => (given[index + maxPerHour] ?? Infinity) - fromMs >= HOUR_MS - 1);
      }),
    );
  });

  it('says when there is one again, and keeps its word', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_600 }), (maxPerHour) => {
        const budget = new AlertBudget(maxPerHour);
        let waitMs = 0;
        while (waitMs === 0) waitMs = budget.take(START_MS);
        return waitMs <= HOUR_MS && budget.take(START_MS + waitMs) === 0;
      }),
    );
  });

  it('takes nothing from a clock that goes backwards, and locks nobody out', () => {
    const budget = new AlertBudget(1);
    expect([budget.take(START_MS), budget.take(START_MS - HOUR_MS), budget.take(START_MS)]).toEqual([0, HOUR_MS, 0]);
  });
});

const reuse = (id: string, timeMs = START_MS): SecurityEvent => ({
  kind: 'refresh_reuse',
  level: 'alert',
  timeMs,
  subject: { principal: { id, scheme: 'refresh' }, address: '192.0.2.1' },
  sessionId: `s-${id}`,
});
const app = (name: string): SecurityEvent => ({ kind: 'app', level: 'alert', timeMs: START_MS, subject: {}, name });

describe('a batch of alerts', () => {
  it('counts equal events of one caller as one', () => {
    const gathering = new AlertGathering();
    for (const [id, atMs] of [
      ['a', 0],
      ['b', 500],
      ['a', 1_000],
    ] as const)
      gathering.add(reuse(id, START_MS + atMs));
    const batch = gathering.batch(0);
    expect(batch).toMatchObject({
      from: '2026-01-01T00:00:00.000Z',
      until: '2026-01-01T00:00:01.000Z',
      suppressed: [],
      lost: 0,
    });
    expect(batch.alerts.map(({ count, first, last, event }) => [count, first, last, event.sessionId])).toEqual([
      [2, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z', 's-a'],
      [1, '2026-01-01T00:00:00.500Z', '2026-01-01T00:00:00.500Z', 's-b'],
    ]);
  });

  it('keeps services apart', () => {
    const gathering = new AlertGathering();
    const failed = (upstream: string): SecurityEvent => ({
      kind: 'upstream_failed',
      level: 'warning',
      timeMs: START_MS,
      subject: {},
      upstream,
      code: 'bad_gateway',
      reason: 'status 503',
      attempts: 1,
    });
    for (const upstream of ['a', 'b', 'a']) gathering.add(failed(upstream));
    expect(gathering.batch(0).alerts.map(({ count, event }) => [event.upstream, count])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  it('redacts what the log redacts', () => {
    const gathering = new AlertGathering();
    gathering.add({ ...app('odd'), detail: { password: 'hunter2', note: `Bearer abc` } } as SecurityEvent);
    expect(gathering.batch(0).alerts[0]!.event.detail).toEqual({ password: '[redacted]', note: 'Bearer [redacted]' });
  });

  it('tells five of one sort, and how many more there were', () => {
    const gathering = new AlertGathering();
    for (let n = 0; n < 1_000; n++) gathering.add(reuse(`user-${n}`));
    gathering.add(reuse('user-3'));
    const { alerts, suppressed } = gathering.batch(0);
    expect(alerts.map(({ count }) => count)).toEqual([1, 1, 1, 2, 1]);
    expect(suppressed).toEqual([{ kind: 'refresh_reuse', count: 995 }]);
    expect(gathering.total).toBe(1_001);
  });

  it('is bounded, whatever an app calls its events', () => {
    const gathering = new AlertGathering();
    for (let n = 0; n < 10_000; n++) gathering.add(app(`event-${n}`));
    const { alerts, suppressed } = gathering.batch(0);
    expect(alerts).toHaveLength(60);
    expect(suppressed).toEqual([{ kind: 'app', count: 9_940 }]);
  });
});

describe('refusals of one caller', () => {
  let paths = 0;
  const refusal = (id: string, atMs = 0, change: object = {}): SecurityEvent =>
    ({
      kind: 'access_refused',
      level: 'warning',
      timeMs: START_MS + atMs,
      subject: { principal: { id, scheme: 'jwt' }, route: 'OrdersController.find', path: `/orders/${++paths}` },
      stage: 'ownership',
      code: 'not_found',
      reason: 'not_owner',
      ...change,
    }) as SecurityEvent;
  const policy = { count: 3, perMs: 60_000, stages: new Set(['ownership']) };
  const raisedBy = (events: readonly SecurityEvent[], repeats = new AlertRepeats(policy)): boolean[] =>
    events.map((event) => repeats.see(event) !== undefined);

  it('raise an alert when they are too many in the time', () => {
    const repeats = new AlertRepeats(policy);
    expect(raisedBy([refusal('mallory'), refusal('mallory', 1_000)], repeats)).toEqual([false, false]);
    expect(repeats.see(refusal('mallory', 60_000))).toEqual({
      kind: 'repeated_refusal',
      level: 'alert',
      timeMs: START_MS + 60_000,
      subject: {
        principal: { id: 'mallory', scheme: 'jwt' },
        route: 'OrdersController.find',
        path: expect.any(String) as string,
      },
      refusedBy: 'ownership',
      count: 3,
      perMs: 60_000,
    });
  });

  it('raise none when they are spread out, or those of different callers', () => {
    expect(raisedBy([0, 1_000, 60_001, 61_002].map((atMs) => refusal('alice', atMs)))).not.toContain(true);
    expect(raisedBy(['a', 'b', 'c', 'd'].map((id) => refusal(id)))).not.toContain(true);
    const schemes = ['jwt', 'api-key', 'signature'].map((scheme) =>
      refusal('a', 0, { subject: { principal: { id: 'a', scheme } } }),
    );
    expect(raisedBy(schemes)).not.toContain(true);
  });

  it('raise one alert while they go on, and the next after the time', () => {
    const events = [0, 1, 2, 3, 4, 5, 60_002, 60_003, 60_004].map((atMs) => refusal('mallory', atMs));
    expect(raisedBy(events).flatMap((raised, index) => (raised ? [index] : []))).toEqual([2, 8]);
  });

  it('count only where they are about objects of others, and a caller is known', () => {
    const of = (change: object) => raisedBy([0, 1, 2, 3].map((atMs) => refusal('a', atMs, change)));
    expect(of({ stage: 'roles' })).not.toContain(true);
    expect(of({ reason: 'ownership_failed: OrderOwnership.load' })).not.toContain(true);
    expect(of({ subject: { address: '192.0.2.1' } })).not.toContain(true);
    expect(of({ kind: 'rate_limited' })).not.toContain(true);
    expect(of({ code: 'unavailable', reason: 'store_down' })).not.toContain(true);
    expect(of({ code: 'forbidden', reason: 'not_owner' })).toContain(true);
    expect(of({ reason: 'object_missing' })).toContain(true);
  });

  it('of one object are one, however often it is asked for', () => {
    const subject = { principal: { id: 'a', scheme: 'jwt' }, path: '/orders/gone' };
    const polls = Array.from({ length: 20 }, (_, n) => refusal('a', n, { subject }));
    const repeats = new AlertRepeats(policy);
    expect(raisedBy(polls, repeats)).not.toContain(true);
    expect(raisedBy([refusal('a', 30), refusal('a', 31)], repeats)).toEqual([false, true]);
  });

  it('are remembered of so many callers, the latest', () => {
    const repeats = new AlertRepeats(policy, 100);
    raisedBy([refusal('mallory'), refusal('mallory')], repeats);
    for (let n = 0; n < 99; n++) repeats.see(refusal(`caller-${n}`));
    expect(repeats.see(refusal('mallory'))).toBeDefined();
    for (let n = 0; n < 1_000; n++) repeats.see(refusal(`caller-${n}`));
    expect(repeats.see(refusal('mallory'))).toBeUndefined();
  });
});
