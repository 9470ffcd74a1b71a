import { Cluster, Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisApiKeyStore } from '../../lib/redis/redis-api-key.store.js';
import { canStart, sharedCluster, sharedRedis } from '../servers/shared.js';
import { ownRedis, type OwnRedis } from './own-redis.js';
import { apiKey, DAY, rotation, T } from './stored.js';

const redis = await sharedRedis();
const cluster = await sharedCluster();
/** Four connections each, where there is such a server. */
const PLACES = [
  ...(redis ? [['one server', redis.prefix, () => new Redis(redis.url)] as const] : []),
  ...(cluster ? [['a cluster', cluster.prefix, () => new Cluster([...cluster.startup])] as const] : []),
];

describe.each(PLACES)('four processes with their API keys in %s', (_name, prefix, open) => {
  const clients: readonly (Redis | Cluster)[] = [1, 2, 3, 4].map(() => open());
  afterAll(() => {
    for (const client of clients) client.disconnect();
  });
  const fleet = (): RedisApiKeyStore[] => {
    const options = { keyPrefix: `${prefix}-${randomUUID()}`, commandTimeoutMs: 10_000 } as const;
    return clients.map((client) => new RedisApiKeyStore(client, options));
  };

  it('give an owner no more than the limit, and keep nothing of what was refused', async () => {
    const stores = fleet();
    await stores[0]!.add(apiKey('dead', { expiresAtMs: T + 1 }), 5, T);
    const added = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        stores[index % 4]!.add(apiKey(`k${index}`, { createdAtMs: T + 2 }), 5, T + 2),
      ),
    );
    expect(added.filter(Boolean)).toHaveLength(5);
    const kept = (await stores[1]!.list('alice')).map(({ id }) => id);
    expect(kept.sort()).toEqual(added.flatMap((isAdded, index) => (isAdded ? [`k${index}`] : [])).sort());
    const found = await Promise.all(added.map((_, index) => stores[2]!.find(`k${index}`)));
    expect(found.map((key) => key !== undefined)).toEqual(added);
  });

  it('are all told that a key is revoked, and revoke it once', async () => {
    const stores = fleet();
    await stores[0]!.add(apiKey('a'), 5, T);
    const revoked = await Promise.all(
      Array.from({ length: 64 }, (_, index) => stores[index % 4]!.revoke('a', T + index)),
    );
    expect(revoked.filter(Boolean)).toHaveLength(1);
    for (const store of stores) expect((await store.find('a'))?.revokedAtMs).toBeGreaterThanOrEqual(T);
    expect(await stores[3]!.rotate(rotation('a', 'a-1'))).toEqual({ outcome: 'revoked' });
  });
});

describe.skipIf(!(await canStart('redis')))('API keys in a Redis', () => {
  let own: OwnRedis;
  beforeAll(async () => {
    own = await ownRedis();
  });
  afterAll(() => own.close());
  beforeEach(async () => {
    await own.client.flushall();
  });

  it('are listed for thirty days after they expired, and then gone', async () => {
    await own.stores.apiKeys.add(apiKey('a', { expiresAtMs: T + DAY }), 5, T);
    for (const key of ['bulwark:{a}:api-key:', 'bulwark:{alice}:api-keys:']) {
      const life = await own.client.pttl(key);
      expect(life).toBeGreaterThan(31 * DAY - 5000);
      expect(life).toBeLessThanOrEqual(31 * DAY);
    }
  });

  it('stay in the list of their owner however often they are rotated', async () => {
    const { apiKeys } = own.stores;
    await apiKeys.add(apiKey('a', { expiresAtMs: T + DAY }), 5, T);
    await apiKeys.rotate(rotation('a', 'a-1', { nextExpiresAtMs: T + 400 * DAY, overlapUntilMs: T }));
    const [key, list] = [
      await own.client.pttl('bulwark:{a}:api-key:'),
      await own.client.pttl('bulwark:{alice}:api-keys:'),
    ];
    expect(key).toBeGreaterThan(429 * DAY);
    expect(list).toBeGreaterThan(429 * DAY);
    expect((await apiKeys.list('alice')).map(({ id, digest }) => [id, digest])).toEqual([['a', 'a-1']]);
  });

  it('that were lost leave the list, and their places are free', async () => {
    const { apiKeys } = own.stores;
    for (const id of ['a', 'b']) await apiKeys.add(apiKey(id, { createdAtMs: T + id.charCodeAt(0) }), 2, T);
    expect(await apiKeys.add(apiKey('c'), 2, T)).toBe(false);
    await own.client.del('bulwark:{a}:api-key:');
    expect(await apiKeys.add(apiKey('c'), 2, T)).toBe(true);
    await own.client.del('bulwark:{b}:api-key:');
    expect((await apiKeys.list('alice')).map(({ id }) => id)).toEqual(['c']);
    expect(await own.client.zrange('bulwark:{alice}:api-keys:', 0, -1)).toEqual(['c']);
  });

  it('keep every digit and letter of what they hold', async () => {
    const odd = apiKey('a', {
      name: 'ключ "1" \n/\u0000',
      roles: ['a/b', '\\'],
      createdAtMs: T + 0.5,
      secretSinceMs: T + 0.25,
      former: [{ digest: 'x/y', supersededAtMs: T - 0.125, untilMs: T + 0.1 }],
      lastUsedAtMs: T,
    });
    await own.stores.apiKeys.add(odd, 5, T);
    expect(await own.stores.apiKeys.find('a')).toEqual(odd);
    const outcome = await own.stores.apiKeys.rotate(rotation('a', 'n', { nowMs: T, overlapUntilMs: T + DAY + 0.3 }));
    expect(outcome).toMatchObject({
      outcome: 'rotated',
      key: {
        name: odd.name,
        former: [odd.former[0], { digest: 'a-0', supersededAtMs: T, untilMs: T + DAY + 0.3 }],
      },
    });
  });
});
