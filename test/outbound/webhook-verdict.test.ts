import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutboundError } from '../../lib/outbound/fetch/outbound-error.js';
import {
  DEFAULT_SCHEDULE_MS,
  LONGEST_RETRY_AFTER_MS,
  nextWaitMs,
} from '../../lib/outbound/webhooks/webhook-schedule.js';
import { judgeAnswer, judgeError } from '../../lib/outbound/webhooks/webhook-verdict.js';
import { START_MS } from '../app.js';

describe('the answer to a webhook', () => {
  it.each([200, 201, 202, 204, 299])('%i delivers it', (status) => {
    expect(judgeAnswer(status, null, START_MS)).toEqual({ delivered: true, status, retry: false });
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 599])('%i is asked again', (status) => {
    expect(judgeAnswer(status, null, START_MS)).toEqual({ delivered: false, status, reason: 'status', retry: true });
  });

  it.each([400, 401, 403, 404, 405, 413, 422, 451])('%i ends it', (status) => {
    expect(judgeAnswer(status, null, START_MS)).toEqual({ delivered: false, status, reason: 'status', retry: false });
  });

  it('410 means never again, and a redirect is no delivery', () => {
    expect(judgeAnswer(410, null, START_MS)).toMatchObject({ reason: 'gone', retry: false });
    for (const status of [300, 301, 302, 303, 304, 307, 308]) {
      expect(judgeAnswer(status, null, START_MS)).toMatchObject({ delivered: false, reason: 'redirect', retry: false });
    }
  });

  it('names a time where 429 and 503 do, and nowhere else', () => {
    expect(judgeAnswer(429, '120', START_MS).retryAfterMs).toBe(120_000);
    expect(judgeAnswer(503, 'Thu, 01 Jan 2026 00:01:00 GMT', START_MS).retryAfterMs).toBe(60_000);
    expect(judgeAnswer(503, 'soon', START_MS).retryAfterMs).toBeUndefined();
    expect(judgeAnswer(500, '120', START_MS).retryAfterMs).toBeUndefined();
  });
});

describe('what keeps an answer from arriving', () => {
  it.each(['timeout', 'dns_failed', 'network'] as const)('%s may pass', (code) => {
    expect(judgeError(new OutboundError(code, 'hooks.example.com'))).toEqual({
      delivered: false,
      reason: code,
      detail: 'hooks.example.com',
      retry: true,
    });
  });

  it.each(['address_refused', 'url_refused', 'scheme_refused', 'port_refused', 'host_not_allowed'] as const)(
    '%s stays',
    (code) => {
      expect(judgeError(new OutboundError(code, 'x'))).toMatchObject({ reason: code, retry: false });
    },
  );

  it('is our own fault where nobody knows it', () => {
    expect(judgeError(new Error('oops'))).toMatchObject({ reason: 'internal', detail: 'Error: oops' });
    expect(judgeError('oops')).toEqual({ delivered: false, reason: 'internal', retry: false });
  });
});

describe('the wait before the next try', () => {
  const failed = (attempt: number, more: object = {}) => ({ attempt, retry: true, ...more });

  it('grows by the schedule, and ends with it', () => {
    const waits = [1, 2, 3, 4, 5, 6].map((attempt) => nextWaitMs(failed(attempt), DEFAULT_SCHEDULE_MS, 0.5));
    expect(waits).toEqual([5_000, 30_000, 120_000, 600_000, 1_800_000, undefined]);
    expect(nextWaitMs(failed(1), [], 0.5)).toBeUndefined();
  });

  it('is none where another try is of no use', () => {
    expect(nextWaitMs({ attempt: 1, retry: false }, DEFAULT_SCHEDULE_MS, 0.5)).toBeUndefined();
  });

  it('is as long as the receiver asks for, up to an hour', () => {
    expect(nextWaitMs(failed(1, { retryAfterMs: 90_000 }), DEFAULT_SCHEDULE_MS, 0.5)).toBe(90_000);
    expect(nextWaitMs(failed(1, { retryAfterMs: 0 }), DEFAULT_SCHEDULE_MS, 0.5)).toBe(5_000);
    expect(nextWaitMs(failed(1, { retryAfterMs: 1e12 }), DEFAULT_SCHEDULE_MS, 0.5)).toBe(LONGEST_RETRY_AFTER_MS);
  });

  it('differs by a fifth at most', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const wait = nextWaitMs(failed(2), DEFAULT_SCHEDULE_MS, random)!;
        return wait >= 24_000 && wait <= 36_000;
      }),
    );
  });
});
