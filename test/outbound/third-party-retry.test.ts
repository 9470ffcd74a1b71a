import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseRetryAfter, retryAfterSeconds } from '../../lib/outbound/retry-after.js';
import { systemPacing } from '../../lib/outbound/pacing.js';
import { mayBeRepeated, nextDelayMs } from '../../lib/outbound/third-party/upstream-retry.js';
import { START_MS } from '../app.js';
import { clientOf, hang, html, json, openSite, reset, type Reply, type Site } from './third-party-site.js';

class Thing {
  @IsString() id!: string;
}

const POLICY = { times: 3, delayMs: 100, maxDelayMs: 1_000 };

describe('the wait before another try', () => {
  const delay = (attempt: number, more = {}, random = 1) => nextDelayMs({ attempt, ...more }, POLICY, START_MS, random);

  it('doubles, is shortened at random, and ends', () => {
    expect([delay(1), delay(2), delay(3), delay(4)]).toEqual([100, 200, 400, undefined]);
    expect([delay(3, {}, 0), delay(3, {}, 0.5)]).toEqual([0, 200]);
    expect(nextDelayMs({ attempt: 1 }, { ...POLICY, times: 0 }, START_MS, 1)).toBeUndefined();
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('is there for status %i', (status) => {
    expect(delay(1, { status })).toBe(100);
  });

  it.each([301, 400, 401, 403, 404, 409, 422, 501, 505])('is not there for status %i', (status) => {
    expect(delay(1, { status })).toBeUndefined();
  });

  it('heeds the upstream, within bounds', () => {
    expect(delay(1, { status: 503, retryAfter: '1' })).toBe(1000);
    expect(delay(1, { status: 503, retryAfter: '0' }, 0)).toBe(0);
    expect(delay(1, { status: 503, retryAfter: '2' })).toBeUndefined();
    expect(delay(1, { status: 503, retryAfter: '99999999999' })).toBe(100);
    expect(delay(1, { status: 429, retryAfter: new Date(START_MS + 500).toUTCString() }, 0)).toBe(0);
    expect(delay(1, { status: 429, retryAfter: new Date(START_MS + 1000).toUTCString() }, 0)).toBe(1000);
    expect(delay(1, { status: 429, retryAfter: new Date(START_MS - 9000).toUTCString() }, 0)).toBe(0);
  });

  it('is never longer than agreed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.string(),
        (attempt, random, text) => {
          const ms = delay(attempt, { status: 503, retryAfter: text }, random);
          expect(ms === undefined || (ms >= 0 && ms <= POLICY.maxDelayMs)).toBe(true);
        },
      ),
    );
  });

  it.each(['', '-1', '1.5', '1e3', '0x10', 'soon', '2026-01-01', 'Thu, 99 Foo 2026 00:00:00 GMT', ' 5', '5 s'])(
    'does not read %j as a time',
    (text) => {
      expect(parseRetryAfter(text, START_MS)).toBeUndefined();
    },
  );

  it('is told in whole seconds, at least one', () => {
    expect([0, 1, 1000, 1001].map(retryAfterSeconds)).toEqual(['1', '1', '1', '2']);
  });

  it('draws from zero up to one, and ends early with its signal', async () => {
    for (let times = 0; times < 100; times++) {
      const drawn = systemPacing.random();
      expect(drawn >= 0 && drawn < 1).toBe(true);
    }
    const stop = new AbortController();
    const waiting = systemPacing.wait(60_000, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toThrow('aborted');
    await systemPacing.wait(0, new AbortController().signal);
  });

  it('is there for what can be repeated', () => {
    expect(['GET', 'PUT', 'DELETE', 'HEAD'].map((method) => mayBeRepeated(method, undefined))).not.toContain(false);
    expect(['POST', 'PATCH'].map((method) => mayBeRepeated(method, undefined))).not.toContain(true);
    expect(['POST', 'PATCH'].map((method) => mayBeRepeated(method, 'key'))).not.toContain(false);
  });
});

describe('a call of an upstream that fails', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(json({ id: 'a' }));
  });
  beforeEach(() => {
    site.asked.length = 0;
  });
  afterAll(() => site.close());
  const good = json({ id: 'a' });
  const busy = (retryAfter: string): Reply => json({}, 503, { 'retry-after': retryAfter });

  it.each<[string, Reply]>([
    ['hung up', reset],
    ['was broken', html('oops', 500)],
    ['was busy', json({}, 503)],
  ])('is tried again when the upstream %s', async (_what, failing) => {
    site.replies = [failing, failing, good];
    const { client, waits, events } = clientOf(site);
    expect(await client.get('partners', '/v1', { schema: Thing })).toEqual({ id: 'a' });
    expect([site.asked.length, waits, events]).toEqual([3, [50, 100], []]);
  });

  it('fails in the end, with one event for all tries', async () => {
    site.replies = [html('oops', 502)];
    const { client, waits, events } = clientOf(site);
    await expect(client.get('partners', '/v1', { schema: Thing })).rejects.toMatchObject({ code: 'bad_gateway' });
    expect([site.asked.length, waits]).toEqual([3, [50, 100]]);
    expect(events).toMatchObject([{ kind: 'upstream_failed', reason: 'status 502', attempts: 3 }]);
  });

  it('is not repeated where that would be done twice', async () => {
    site.replies = [reset];
    const { client } = clientOf(site, { breaker: false });
    await expect(client.post('partners', '/v1', { body: {} })).rejects.toMatchObject({ code: 'bad_gateway' });
    await expect(client.patch('partners', '/v1', { body: {} })).rejects.toMatchObject({ code: 'bad_gateway' });
    expect(site.asked).toHaveLength(2);
  });

  it('is repeated with the same idempotency key', async () => {
    site.replies = [reset, json({}, 503), good];
    const { client } = clientOf(site);
    await client.post('partners', '/v1', { body: { n: 1 }, idempotencyKey: 'order-7' });
    expect(site.asked.map(({ headers, body }) => [headers['idempotency-key'], body])).toEqual(
      Array.from({ length: 3 }, () => ['order-7', '{"n":1}']),
    );
  });

  it.each<[string, Reply]>([
    ['answered nonsense', json({ id: 7 })],
    ['did not want it', json({}, 400)],
    ['sent it elsewhere', json({}, 307, { location: '/v2' })],
  ])('is not tried again when the upstream %s', async (_what, reply) => {
    site.replies = [reply];
    await expect(clientOf(site).client.get('partners', '/v1', { schema: Thing })).rejects.toMatchObject({
      code: 'bad_gateway',
    });
    expect(site.asked).toHaveLength(1);
  });

  it('waits as long as the upstream asks', async () => {
    site.replies = [busy('1'), good];
    const { client, waits } = clientOf(site);
    await client.get('partners', '/v1', { schema: Thing });
    expect(waits).toEqual([1000]);
  });

  it('leaves an upstream alone that asks for more, and says so', async () => {
    site.replies = [busy('30')];
    const { client, waits } = clientOf(site);
    await expect(client.get('partners', '/v1')).rejects.toMatchObject({ headers: { 'Retry-After': '30' } });
    expect([site.asked.length, waits]).toEqual([1, []]);
    site.replies = [busy('86400')];
    await expect(client.get('partners', '/v1')).rejects.toMatchObject({ headers: { 'Retry-After': '60' } });
  });

  it('has one time for all of its tries', async () => {
    site.replies = [json({}, 503)];
    const pacing = { random: () => 1, wait: systemPacing.wait };
    const { client } = clientOf(site, { timeoutMs: 300, retries: { times: 5, delayMs: 2_000 } }, { pacing });
    const startedMs = performance.now();
    await expect(client.get('partners', '/v1')).rejects.toMatchObject({ code: 'bad_gateway' });
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    expect(site.asked).toHaveLength(1);
  });

  it('gives an upstream that hangs another try where a try has a time of its own', async () => {
    site.replies = [hang, good];
    const { client, waits } = clientOf(site, { timeoutMs: 5_000, tryTimeoutMs: 100 });
    expect(await client.get('partners', '/v1', { schema: Thing })).toEqual({ id: 'a' });
    expect([site.asked.length, waits]).toEqual([2, [50]]);
  });

  it('is over in time also where nobody holds on to its signals', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    site.replies = [hang];
    const { client } = clientOf(site, { timeoutMs: 300, tryTimeoutMs: 300, breaker: false });
    const call = client.get('partners', '/v1', { signal: new AbortController().signal });
    const slow = clientOf(site, { timeoutMs: 300, auth: () => new Promise(() => undefined) });
    const other = slow.client.get('partners', '/v1', { signal: new AbortController().signal });
    const calls = Promise.allSettled([call, other]);
    const collecting = setInterval(collect, 20);
    try {
      expect(await calls).toMatchObject(Array(2).fill({ reason: { code: 'gateway_timeout' } }));
    } finally {
      clearInterval(collecting);
    }
  });

  it('ends while it waits when its caller leaves', async () => {
    site.replies = [json({}, 503)];
    const stop = new AbortController();
    const pacing = {
      random: () => 1,
      wait: (ms: number, signal: AbortSignal) => {
        stop.abort(new Error('left'));
        return systemPacing.wait(ms, signal);
      },
    };
    const { client, events } = clientOf(site, {}, { pacing });
    await expect(client.get('partners', '/v1', { signal: stop.signal })).rejects.toThrow('left');
    expect(events).toEqual([]);
  });
});
