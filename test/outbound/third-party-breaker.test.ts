import { IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../lib/outbound/third-party/circuit-breaker.js';
import { FrozenClock } from '../app.js';
import { clientOf, hang, html, json, openSite, type Site } from './third-party-site.js';

class Thing {
  @IsString() id!: string;
}

describe('a circuit breaker', () => {
  let clock: FrozenClock;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    clock = new FrozenClock();
    breaker = new CircuitBreaker({ failures: 3, openMs: 1_000 }, clock);
  });
  const fail = (times = 1) => {
    for (let each = 0; each < times; each++) breaker.pass()!.failed();
  };

  it('opens after failures in a row, and not after others', () => {
    fail(2);
    breaker.pass()!.succeeded();
    fail(2);
    expect(breaker.state).toBe('closed');
    fail();
    expect([breaker.state, breaker.waitMs, breaker.pass()]).toEqual(['open', 1_000, undefined]);
  });

  it('lets one probe through when its time is over, and closes when that is well', () => {
    fail(3);
    clock.advance(999);
    expect(breaker.pass()).toBeUndefined();
    clock.advance(1);
    expect([breaker.state, breaker.waitMs]).toEqual(['half_open', 0]);
    const probe = breaker.pass()!;
    expect(breaker.pass()).toBeUndefined();
    expect(breaker.waitMs).toBeGreaterThan(0);
    probe.succeeded();
    expect(breaker.state).toBe('closed');
    fail(2);
    expect(breaker.state).toBe('closed');
  });

  it('opens again when the probe fails', () => {
    fail(3);
    clock.advance(1_000);
    fail();
    expect([breaker.state, breaker.waitMs]).toEqual(['open', 1_000]);
  });

  it('lets another probe through when nobody learnt anything from the first', () => {
    fail(3);
    clock.advance(1_000);
    breaker.pass()!.abandoned();
    expect(breaker.pass()).toBeDefined();
  });

  it('is not moved by answers to older questions', () => {
    const [slow, slower] = [breaker.pass()!, breaker.pass()!];
    fail(3);
    slow.succeeded();
    expect(breaker.state).toBe('open');
    clock.advance(1_000);
    const probe = breaker.pass()!;
    slower.failed();
    expect(breaker.state).toBe('half_open');
    probe.succeeded();
    probe.failed();
    expect(breaker.state).toBe('closed');
  });

  it('does not stay open for longer when the clock is set back', () => {
    fail(3);
    clock.advance(-3_600_000);
    expect(breaker.pass()).toBeUndefined();
    clock.advance(1_000);
    expect(breaker.pass()).toBeDefined();
  });
});

describe('the breaker of an upstream', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite(json({ id: 'a' }));
  });
  beforeEach(() => {
    site.asked.length = 0;
  });
  afterAll(() => site.close());
  const once = { retries: 0, breaker: { failures: 2, openMs: 5_000 } };
  const bad = expect.objectContaining({ code: 'bad_gateway' });

  it('spares an upstream that is down, and tells how long', async () => {
    site.replies = [html('down', 503)];
    const { client, clock, events } = clientOf(site, once);
    for (let each = 0; each < 2; each++) await expect(client.get('partners', '/v1')).rejects.toEqual(bad);
    expect(client.state('partners')).toBe('open');
    clock.advance(1_500);
    await expect(client.get('partners', '/v1')).rejects.toMatchObject({
      code: 'bad_gateway',
      reason: 'upstream partners: breaker_open',
      headers: { 'Retry-After': '4' },
    });
    expect(site.asked).toHaveLength(2);
    expect(events.map((event) => [event.level, 'breaker' in event && event.breaker])).toEqual([
      ['warning', 'closed'],
      ['warning', 'open'],
      ['debug', 'open'],
    ]);
  });

  it('is asked by one call alone whether it is well again', async () => {
    site.replies = [html('down', 503)];
    const { client, clock } = clientOf(site, once);
    for (let each = 0; each < 2; each++) await expect(client.get('partners', '/v1')).rejects.toEqual(bad);
    clock.advance(5_000);
    site.asked.length = 0;
    site.replies = [json({ id: 'a' })];
    const answers = await Promise.allSettled(
      Array.from({ length: 5 }, () => client.get('partners', '/v1', { schema: Thing })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', ...Array(4).fill('rejected')]);
    expect([site.asked.length, client.state('partners')]).toEqual([1, 'closed']);
  });

  it('ends the tries of a call in the middle', async () => {
    site.replies = [html('down', 503)];
    const { client, events } = clientOf(site, { retries: 5, breaker: { failures: 2 } });
    await expect(client.get('partners', '/v1')).rejects.toMatchObject({
      reason: 'upstream partners: status 503',
      headers: { 'Retry-After': '10' },
    });
    expect(site.asked).toHaveLength(2);
    expect(events).toMatchObject([{ reason: 'status 503', attempts: 2, level: 'warning', breaker: 'open' }]);
  });

  it.each([
    ['what is not there', html('', 404)],
    ['what it does not want', json({}, 422)],
    ['a caller who is too fast', json({}, 429)],
    ['an answer that does not fit', json({ id: 7 })],
    ['an id that crashes it', json({}, 500)],
    ['what it cannot do', json({}, 501)],
  ])('does not count %s', async (_what, reply) => {
    site.replies = [reply];
    const { client } = clientOf(site, once);
    for (let each = 0; each < 4; each++) {
      await client.get('partners', '/v1', { schema: Thing }).catch(() => undefined);
    }
    expect([site.asked.length, client.state('partners')]).toEqual([4, 'closed']);
  });

  it('counts silence, and no caller who left', async () => {
    site.replies = [hang];
    const { client } = clientOf(site, { ...once, timeoutMs: 60 });
    for (let each = 0; each < 3; each++) {
      const leaving = client.get('partners', '/v1', { signal: AbortSignal.abort() });
      await expect(leaving).rejects.toThrow('aborted');
    }
    expect(client.state('partners')).toBe('closed');
    for (let each = 0; each < 2; each++) await expect(client.get('partners', '/v1')).rejects.toThrow('timeout');
    expect(client.state('partners')).toBe('open');
  });

  it('belongs to one app', async () => {
    site.replies = [html('down', 503)];
    const [one, other] = [clientOf(site, once), clientOf(site, once)];
    for (let each = 0; each < 2; each++) await expect(one.client.get('partners', '/v1')).rejects.toEqual(bad);
    expect([one.client.state('partners'), other.client.state('partners')]).toEqual(['open', 'closed']);
  });

  it('can be left out', async () => {
    site.replies = [html('down', 503)];
    const { client } = clientOf(site, { retries: 0, breaker: false });
    for (let each = 0; each < 8; each++) await expect(client.get('partners', '/v1')).rejects.toEqual(bad);
    expect([site.asked.length, client.state('partners')]).toEqual([8, 'closed']);
  });
});
