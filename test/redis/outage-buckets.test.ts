/** Redis is killed, hangs, gets slow and comes back empty while calls keep coming: what each policy makes of it. */

import { Controller, Get } from '@nestjs/common';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perMinute, Public, type BucketStore } from '../../lib/index.js';
import { RedisBucketStore } from '../../lib/redis/redis-bucket.store.js';
import type { OutagePolicy } from '../../lib/core/store-outages.js';
import { bootApp, type Platform, type TestApp } from '../app.js';
import { redisServer, type RedisServer } from '../servers/redis-server.js';
import { canStart } from '../servers/shared.js';
import { quickClient, until } from './outage-clients.js';
import { slowProxy, type SlowProxy } from './slow-proxy.js';

const hasRedis = await canStart('redis');

@Controller()
@Public('tests')
class OpenController {
  @Get()
  open() {
    return { ok: true };
  }
}

const LIMIT = 400;
const INSTANCES = 4;
const CALLERS = 8;

interface Tally {
  readonly statuses: Map<number, number>;
  readonly waits: number[];
  readonly unexpected: string[];
}

/** So many callers, each with one call after the other, until told to stop. */
function load({ url }: TestApp): { readonly tally: Tally; stop(): Promise<void> } {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const tally: Tally = { statuses: new Map(), waits: [], unexpected: [] };
  let going = true;
  const call = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = performance.now();
      const outgoing = request(url, { agent }, (answer: IncomingMessage) => {
        const { statusCode = 0, headers } = answer;
        tally.statuses.set(statusCode, (tally.statuses.get(statusCode) ?? 0) + 1);
        const isFine = statusCode === 200 || ((statusCode === 429 || statusCode === 503) && headers['retry-after']);
        if (!isFine) tally.unexpected.push(`${statusCode} ${JSON.stringify(headers)}`);
        answer.resume().on('end', () => {
          tally.waits.push(performance.now() - start);
          resolve();
        });
      });
      outgoing.on('error', reject).end();
    });
  const callers = Array.from({ length: CALLERS }, async () => {
    while (going) {
      await call();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  return {
    tally,
    stop: async () => {
      going = false;
      await Promise.all(callers);
      agent.destroy();
    },
  };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!hasRedis)('an app whose buckets are in Redis', () => {
  let server: RedisServer;
  let proxy: SlowProxy;
  const clients: Redis[] = [];
  const apps: TestApp[] = [];
  beforeAll(async () => {
    server = await redisServer();
    proxy = await slowProxy(server.port);
  });
  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    for (const client of clients) client.disconnect();
    proxy?.close();
    await server?.stop();
  });

  /** The three policies go through the same accident, each in an app of its own, with buckets of its own. */
  async function accident(fault: string, cause: () => unknown, mend: () => unknown) {
    const policies: [OutagePolicy, Platform][] = [
      ['closed', 'express'],
      ['open', 'fastify'],
      ['memory', 'express'],
    ];
    const running = await Promise.all(
      policies.map(async ([policy, platform]) => {
        const client = await quickClient(proxy.port);
        clients.push(client);
        const keyPrefix = `${fault.replaceAll(' ', '-')}-${policy}`;
        const store = new RedisBucketStore(client, { outage: policy, expectedInstances: INSTANCES, keyPrefix });
        const t = await bootWith(store, platform);
        apps.push(t);
        return { policy, t, store };
      }),
    );
    const loads = running.map(({ t }) => load(t));
    await wait(100);
    await cause();
    await wait(600);
    await mend();
    await until(() => running.every(({ t }) => t.events.some(({ kind }) => kind === 'store_recovered')));
    await wait(100);
    await Promise.all(loads.map((each) => each.stop()));
    // A busy machine may have had a second outage: that one has to be told as over, too.
    const told = (t: TestApp, kind: string): number => t.events.filter((event) => event.kind === kind).length;
    await until(() => running.every(({ t }) => told(t, 'store_outage') === told(t, 'store_recovered')));
    return new Map(
      running.map(({ policy, t, store }, index) => {
        const { tally } = loads[index]!;
        const count = (kind: string): number => told(t, kind);
        const of = (status: number): number => tally.statuses.get(status) ?? 0;
        return [policy, { ...tally, of, count, counts: store.counts }];
      }),
    );
  }

  const bootWith = (store: BucketStore, platform: Platform): Promise<TestApp> =>
    bootApp({
      platform,
      controllers: [OpenController],
      security: { throttling: { store, tiers: { public: perMinute(LIMIT) } } },
    });

  /** In the seconds that all this takes a few tokens come back. */
  const REFILLED = Math.ceil((LIMIT / 60) * 8);

  it.each<[fault: string, cause: () => unknown, mend: () => unknown, lifetimes: number]>([
    // Empty again: the buckets are full again, too.
    ['is killed and restarted empty', () => server.kill(), () => server.restart(), 2],
    ['hangs and goes on', () => server.pause(), () => server.resume(), 1],
    ['gets slow and fast again', () => (proxy.delayMs = 300), () => (proxy.delayMs = 0), 1],
  ])('goes on by its policy when Redis %s', async (fault, cause, mend, lifetimes) => {
    const results = await accident(fault, cause, mend);
    for (const [policy, { unexpected, count, counts, waits }] of results) {
      expect(waits.length).toBeGreaterThan(100);
      expect(counts.outages).toBe(count('store_outage'));
      expect(counts.unanswered).toBeGreaterThan(0);
      expect([policy, unexpected]).toEqual([policy, []]);
      expect([policy, count('server_failed')]).toEqual([policy, 0]);
      expect(count('store_outage')).toBeGreaterThan(0);
      expect(count('store_outage')).toBe(count('store_recovered'));
      // Nobody waits for a reconnect: at most for the timeout of a command, and for this busy machine.
      expect(Math.max(...waits)).toBeLessThan(2000);
    }
    const [closed, open, memory] = [results.get('closed')!, results.get('open')!, results.get('memory')!];

    // Each call that Redis did not answer was decided by its policy, once, and counted.
    expect(closed.of(503)).toBe(closed.counts.unanswered);
    expect([open.counts.bypassed, memory.counts.local]).toEqual([open.counts.unanswered, memory.counts.unanswered]);
    expect(open.count('store_bypassed')).toBe(open.counts.bypassed);
    expect([closed.counts.bypassed, closed.counts.local]).toEqual([0, 0]);
    expect(closed.of(200)).toBeLessThanOrEqual(LIMIT * lifetimes + REFILLED);

    expect(open.of(503)).toBe(0);
    expect(open.count('store_bypassed')).toBeGreaterThan(0);
    expect(open.of(200) - open.count('store_bypassed')).toBeLessThanOrEqual(LIMIT * lifetimes + REFILLED);

    expect(memory.of(503)).toBe(0);
    expect(memory.of(200)).toBeLessThanOrEqual(LIMIT * lifetimes + LIMIT / INSTANCES + REFILLED);
  });
});
