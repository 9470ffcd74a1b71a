/** Redis is killed, hangs, gets slow and comes back empty while calls keep coming: what each policy makes of it. */

import { Controller, Get } from '@nestjs/common';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perMinute, Public, type BucketStore } from '../../lib/index.js';
import { RedisBucketStore } from '../../lib/redis/redis-bucket.store.js';
import type { OutagePolicy } from '../../lib/redis/redis-news.js';
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

function p99(waits: readonly number[]): string {
  const sorted = waits.toSorted((left, right) => left - right);
  return `${sorted[Math.floor(sorted.length * 0.99)]!.toFixed(1)} ms, at most ${sorted.at(-1)!.toFixed(0)} ms`;
}

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
        return { policy, t };
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
    return new Map(
      running.map(({ policy, t }, index) => {
        const { tally } = loads[index]!;
        const statuses = [...tally.statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
        console.info(`${fault}, ${policy}: ${statuses}; p99 ${p99(tally.waits)}`);
        const count = (kind: string): number => t.events.filter((event) => event.kind === kind).length;
        return [policy, { ...tally, of: (status: number) => tally.statuses.get(status) ?? 0, count }];
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
    for (const [policy, { unexpected, count, waits }] of results) {
      expect([policy, unexpected]).toEqual([policy, []]);
      expect([policy, count('server_failed')]).toEqual([policy, 0]);
      expect(count('store_outage')).toBeGreaterThan(0);
      expect(count('store_outage')).toBe(count('store_recovered'));
      // Nobody waits for a reconnect: at most for the timeout of a command, and for this busy machine.
      expect(Math.max(...waits)).toBeLessThan(2000);
    }
    const [closed, open, memory] = [results.get('closed')!, results.get('open')!, results.get('memory')!];

    expect(closed.of(503)).toBeGreaterThan(0);
    expect(closed.of(200)).toBeLessThanOrEqual(LIMIT * lifetimes + REFILLED);

    expect(open.of(503)).toBe(0);
    expect(open.count('store_bypassed')).toBeGreaterThan(0);
    expect(open.of(200) - open.count('store_bypassed')).toBeLessThanOrEqual(LIMIT * lifetimes + REFILLED);

    expect(memory.of(503)).toBe(0);
    expect(memory.of(200)).toBeLessThanOrEqual(LIMIT * lifetimes + LIMIT / INSTANCES + REFILLED);
  });
});
