import { Cluster, Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterAll, describe } from 'vitest';
import { RedisBucketStore } from '../../lib/redis/redis-bucket.store.js';
import type { RedisClient } from '../../lib/redis/redis-client.js';
import { sharedCluster, sharedRedis } from '../servers/shared.js';
import { bucketStoreContract } from './bucket-store.contract.js';

const redis = await sharedRedis();
const cluster = await sharedCluster();

/** The contract brings its own time; the store fails where Redis does not answer, instead of going on without. */
function fresh(client: RedisClient, prefix: string): RedisBucketStore {
  const keyPrefix = `${prefix}-${randomUUID()}`;
  return new RedisBucketStore(client, { keyPrefix, time: 'caller', outage: 'closed', commandTimeoutMs: 5000 });
}

describe.skipIf(!redis)('over one server', () => {
  const client = redis && new Redis(redis.url);
  afterAll(() => client?.disconnect());

  bucketStoreContract('Redis', () => fresh(client!, redis!.prefix), { runs: 40 });
});

describe.skipIf(!cluster)('over three', () => {
  const client = cluster && new Cluster([...cluster.startup]);
  afterAll(() => client?.disconnect());

  bucketStoreContract('Redis Cluster', () => fresh(client!, cluster!.prefix), { runs: 20 });
});

describe.skipIf(!redis)("by the server's own time", () => {
  const client = redis && new Redis(redis.url);
  afterAll(() => client?.disconnect());

  bucketStoreContract(
    "Redis, by the server's time",
    () => {
      const keyPrefix = `${redis!.prefix}-${randomUUID()}`;
      return new RedisBucketStore(client!, { keyPrefix, outage: 'closed', commandTimeoutMs: 5000 });
    },
    { takesTime: false },
  );
});
