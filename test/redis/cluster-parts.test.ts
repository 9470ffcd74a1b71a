/** Each server of a cluster is a part: one that is lost is refused in microseconds, whole, and nothing beside it is. */

import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisGate } from '../../lib/redis/redis-gate.js';
import { redisScript } from '../../lib/redis/redis-script.js';
import { slotOf } from '../../lib/redis/redis-slot.js';
import { redisCluster, type RedisCluster } from '../servers/redis-cluster.js';
import { canStart } from '../servers/shared.js';
import { eventsOf, timed, until } from './outage-clients.js';

const WRITE = redisScript('write', "return redis.call('SET', KEYS[1], '1', 'PX', 1000)");

/** Both sides of each border of a server, both sides of the round numbers beside it, and the ends. */
const SLOTS = [0, 5119, 5120, 5460, 5461, 6143, 6144, 8000, 10_239, 10_240, 10_922, 10_923, 11_263, 11_264, 16_383];

describe.skipIf(!(await canStart('redis')))('a cluster that loses a server', () => {
  let cluster: RedisCluster;
  let client: Cluster;
  const keys = new Map<number, string>();
  beforeAll(async () => {
    cluster = await redisCluster();
    client = new Cluster([...cluster.startup], {
      enableOfflineQueue: false,
      maxRedirections: 2,
      retryDelayOnFailover: 20,
      retryDelayOnClusterDown: 20,
      redisOptions: { connectTimeout: 500 },
    });
    client.on('error', () => undefined);
    await until(() => client.status === 'ready');
    for (let number = 0; keys.size < SLOTS.length; number++) {
      const key = `bulwark:{k${number}}:x:`;
      if (SLOTS.includes(slotOf(key))) keys.set(slotOf(key), key);
    }
  }, 60_000);
  afterAll(async () => {
    client?.disconnect();
    await cluster?.stop();
  });

  it.each([0, 1, 2])(
    'refuses what lives on server %s, and answers all the rest',
    { timeout: 60_000 },
    async (index) => {
      const gate = new RedisGate(client, { commandTimeoutMs: 1000 });
      const events = eventsOf(gate);
      const lost = cluster.nodes[index]!;
      const ask = (slot: number) => timed(() => gate.run(WRITE, [keys.get(slot)!]));
      for (const slot of SLOTS) expect([slot, (await ask(slot)).value]).toEqual([slot, 'OK']);
      await lost.kill();
      try {
        const there = SLOTS.filter((slot) => cluster.ownerOf(slot) === lost);
        const elsewhere = SLOTS.filter((slot) => cluster.ownerOf(slot) !== lost);
        // One of its slots is enough to know: every other one of it is refused at once, whatever is asked first.
        while ((await ask(there[0]!)).error === undefined || !gate.isDown);
        for (let round = 0; round < 20; round++) {
          for (const slot of there) {
            const { error } = await ask(slot);
            expect([slot, (error as Error | undefined)?.message]).toEqual([slot, 'store_unavailable: redis: down']);
          }
          for (const slot of elsewhere) expect([slot, (await ask(slot)).value]).toEqual([slot, 'OK']);
        }
        // Meanwhile it was probed, and nobody was told of an end.
        await new Promise((resolve) => setTimeout(resolve, 600));
        expect(gate.isDown).toBe(true);
        expect(events.map(({ kind }) => kind)).toEqual(['store_outage']);
        expect(gate.counts).toMatchObject({ outages: 1 });
      } finally {
        await lost.restart();
      }
      await until(() => !gate.isDown, 20_000);
      await until(() => events.length === 2);
      for (const slot of SLOTS) expect([slot, (await ask(slot)).value]).toEqual([slot, 'OK']);
      expect(events.map(({ kind }) => kind)).toEqual(['store_outage', 'store_recovered']);
    },
  );
});
