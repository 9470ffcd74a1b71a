/** Over one Redis and over a cluster of three, each store among keys of its own. */

import { randomUUID } from 'node:crypto';
import { Cluster, Redis } from 'ioredis';
import { afterAll, describe } from 'vitest';
import { redisStores, type RedisClient, type RedisStores, type RedisTime } from '../../lib/redis/index.js';
import { sharedCluster, sharedRedis } from '../servers/shared.js';
import { runContracts } from './contracts.js';

const redis = await sharedRedis();
const cluster = await sharedCluster();

/** Contracts stop the clock, and run where others are at work: nobody is in a hurry. Buckets fail instead of going on without. */
const makers = (client: RedisClient, prefix: string, time: RedisTime = 'caller') => {
  const fresh = (): RedisStores =>
    redisStores(client, {
      time,
      commandTimeoutMs: 10_000,
      keyPrefix: `${prefix}-${randomUUID()}`,
      outage: { buckets: 'closed' },
    });
  return {
    buckets: () => fresh().buckets,
    sessions: () => fresh().sessions,
    revocations: () => fresh().revocations,
    nonces: () => fresh().nonces,
    tickets: () => fresh().tickets,
    idempotency: () => fresh().idempotency,
    loginDefence: () => fresh().loginDefence,
    mfa: () => fresh().mfa,
    apiKeys: () => fresh().apiKeys,
  };
};

describe.skipIf(!redis)('over one server', () => {
  if (redis === undefined) return;
  const client = new Redis(redis.url);
  const asText = new Redis(redis.url, { stringNumbers: true });
  afterAll(() => {
    client.disconnect();
    asText.disconnect();
  });

  runContracts('Redis', makers(client, redis.prefix), { runs: 40 });
  runContracts('Redis, whose client hands on numbers as text', makers(asText, redis.prefix), { runs: 10 });
  const { buckets } = makers(client, redis.prefix, 'server');
  runContracts("Redis, by the server's own time", { buckets }, { takesTime: false });
});

describe.skipIf(!cluster)('over three', () => {
  if (cluster === undefined) return;
  const client = new Cluster([...cluster.startup]);
  afterAll(() => client.disconnect());

  runContracts('Redis Cluster', makers(client, cluster.prefix), { runs: 20 });
});
