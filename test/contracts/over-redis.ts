/** Runs a contract over one Redis and over a cluster of three, each store among keys of its own. */

import { randomUUID } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { afterAll, describe } from 'vitest';
import type { RedisClient } from '../../lib/redis/redis-client.js';
import { RedisGate } from '../../lib/redis/redis-gate.js';
import { sharedCluster, sharedRedis } from '../servers/shared.js';

/** Contracts stop the clock, and run where others are at work: nobody is in a hurry. */
const OPTIONS = { time: 'caller', commandTimeoutMs: 10_000 } as const;

/**
 * @param contract With the name of where it runs.
 * @param make A store that knows nothing, whose keys nobody else has.
 */
export async function overRedis<Store>(
  contract: (name: string, makeStore: () => Store, runs: number) => void,
  make: (gate: RedisGate) => Store,
): Promise<void> {
  const redis = await sharedRedis();
  const cluster = await sharedCluster();
  const fresh = (client: RedisClient, prefix: string) => () =>
    make(new RedisGate(client, { ...OPTIONS, keyPrefix: `${prefix}-${randomUUID()}` }));

  describe.skipIf(!redis)('over one server', () => {
    if (redis === undefined) return;
    const client = new Redis(redis.url);
    afterAll(() => client.disconnect());
    contract('Redis', fresh(client, redis.prefix), 40);
  });

  describe.skipIf(!cluster)('over three', () => {
    if (cluster === undefined) return;
    const client = new Cluster([...cluster.startup]);
    afterAll(() => client.disconnect());
    contract('Redis Cluster', fresh(client, cluster.prefix), 20);
  });
}
