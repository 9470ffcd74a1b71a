import { Cluster, Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisRevocationStore } from '../../lib/redis/redis-revocation.store.js';
import { RedisSessionStore } from '../../lib/redis/redis-session.store.js';
import { PLATFORMS } from '../app.js';
import { canStart, sharedCluster, sharedRedis } from '../servers/shared.js';
import { bootSessions, REFUSED } from '../sessions/app.js';
import { ownRedis, type OwnRedis } from './own-redis.js';
import { claim, DAY, session, T } from './stored.js';

const redis = await sharedRedis();
const cluster = await sharedCluster();
/** Four connections each, where there is such a server. */
const PLACES = [
  ...(redis ? [['one server', redis.prefix, () => new Redis(redis.url)] as const] : []),
  ...(cluster ? [['a cluster', cluster.prefix, () => new Cluster([...cluster.startup])] as const] : []),
];

describe.each(PLACES)('four processes with their sessions in %s', (_name, prefix, open) => {
  const clients: readonly (Redis | Cluster)[] = [1, 2, 3, 4].map(() => open());
  afterAll(() => {
    for (const client of clients) client.disconnect();
  });
  /** The same keys, over connections of their own. */
  const fleet = (): RedisSessionStore[] => {
    const options = { keyPrefix: `${prefix}-${randomUUID()}`, time: 'caller', commandTimeoutMs: 10_000 } as const;
    return clients.map((client) => new RedisSessionStore(client, options));
  };

  it('rotate one token once, however many present it at the same moment', async () => {
    const stores = fleet();
    for (let round = 0; round < 5; round++) {
      const id = `s${round}`;
      await stores[0]!.open(session(id), 100, T);
      const claims = Array.from({ length: 64 }, (_, index) =>
        stores[index % 4]!.rotate(claim(id, `${id}-0`, `${id}-1-${index}`)),
      );
      const outcomes = await Promise.all(claims);
      expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
      const { currentDigest } = (await stores[1]!.find(id, T))!;
      const told = outcomes.flatMap((each) => (each.outcome === 'repeated' ? [each.sealedNext] : []));
      expect(told).toHaveLength(63);
      expect(new Set(told)).toEqual(new Set([`sealed ${currentDigest}`]));
    }
  });

  it('end a session once when a spent token comes to all at once', async () => {
    const stores = fleet();
    await stores[0]!.open(session('s'), 100, T);
    await stores[0]!.rotate(claim('s', 's-0', 's-1'));
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        stores[index % 4]!.rotate(claim('s', 's-0', `x-${index}`, { fingerprint: 'thief' })),
      ),
    );
    const reused = outcomes.filter(({ outcome }) => outcome === 'reused');
    expect(reused.length).toBeGreaterThan(0);
    expect(new Set(reused.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ outcome: 'reused', subjectId: 'alice' })]),
    );
  });

  it('keep to the limit when somebody logs in everywhere at once, and keep the newest', async () => {
    const stores = fleet();
    for (let index = 0; index < 5; index++) await stores[0]!.open(session(`old-${index}`), 5, T);
    const logins = Array.from({ length: 20 }, (_, index) =>
      stores[index % 4]!.open(session(`new-${index}`, { lastUsedAtMs: T + 1 + index }), 5, T + 1),
    );
    const gone = (await Promise.all(logins)).flat();
    const alive = (await stores[3]!.list('alice', T + 1)).map(({ id }) => id);
    expect(alive.length).toBeGreaterThan(0);
    expect(alive.length).toBeLessThanOrEqual(5);
    expect(new Set([...gone, ...alive]).size).toBe(25);
    expect(gone).toHaveLength(25 - alive.length);
    expect(gone).toEqual(expect.arrayContaining([0, 1, 2, 3, 4].map((index) => `old-${index}`)));
  });

  it('end all sessions of a subject, whoever opened them, and none that is opened afterwards', async () => {
    const stores = fleet();
    for (let index = 0; index < 12; index++) await stores[index % 4]!.open(session(`s${index}`), 100, T);
    const ended = await Promise.all(stores.map((store) => store.removeAll('alice', 's3', T)));
    expect(ended.flat().sort()).toEqual(
      Array.from({ length: 12 }, (_, index) => `s${index}`)
        .filter((id) => id !== 's3')
        .sort(),
    );
    await stores[1]!.open(session('later'), 100, T);
    expect((await stores[2]!.list('alice', T)).map(({ id }) => id).sort()).toEqual(['later', 's3']);
  });

  it('never lose a session from the list that was opened while all were ended', async () => {
    const stores = fleet();
    for (let round = 0; round < 20; round++) {
      const subjectId = `u${round}`;
      await Promise.all([
        stores[0]!.open(session(`a${round}`, { subjectId }), 100, T),
        stores[1]!.removeAll(subjectId, undefined, T),
        stores[2]!.list(subjectId, T),
        stores[3]!.open(session(`b${round}`, { subjectId }), 100, T),
      ]);
      for (const id of [`a${round}`, `b${round}`]) {
        const isAlive = (await stores[0]!.find(id, T)) !== undefined;
        const isListed = (await stores[1]!.list(subjectId, T)).some((each) => each.id === id);
        expect(isListed).toBe(isAlive);
      }
    }
  });
});

describe.skipIf(!(await canStart('redis')))('sessions in a Redis', () => {
  let own: OwnRedis;
  beforeAll(async () => {
    own = await ownRedis();
  });
  afterAll(() => own.close());
  beforeEach(async () => {
    await own.client.flushall();
  });

  it('leave the list of their subject when they are over, once somebody looks', async () => {
    const store = own.stores.sessions;
    for (const id of ['a', 'b', 'c', 'd']) await store.open(session(id), 100, T);
    await store.remove('a', T);
    await store.rotate(claim('b', 'stolen', 'x'));
    await own.client.del('bulwark:{c}:session:');
    expect(await own.client.zcard('bulwark:{alice}:sessions:')).toBe(4);
    expect((await store.list('alice', T)).map(({ id }) => id)).toEqual(['d']);
    // One that was reused is there until what has to follow has been done.
    expect(await own.client.zrange('bulwark:{alice}:sessions:', 0, -1)).toEqual(['b', 'd']);
    await store.remove('b', T);
    expect((await store.list('alice', T)).map(({ id }) => id)).toEqual(['d']);
    expect(await own.client.zrange('bulwark:{alice}:sessions:', 0, -1)).toEqual(['d']);
  });

  it('do not count towards the limit when they are over', async () => {
    const store = own.stores.sessions;
    for (const id of ['a', 'b', 'c']) await store.open(session(id, { lastUsedAtMs: T - 1 }), 3, T);
    await store.remove('b', T);
    expect(await store.open(session('d'), 3, T)).toEqual([]);
    expect((await store.list('alice', T)).map(({ id }) => id)).toEqual(['d', 'c', 'a']);
  });

  it('are listed for as long as one of them may last', async () => {
    const store = own.stores.sessions;
    await store.open(session('long', { absoluteExpiresAtMs: T + 60 * DAY }), 100, T);
    await store.open(session('short', { absoluteExpiresAtMs: T + DAY, expiresAtMs: T + DAY }), 100, T);
    expect(await own.client.pttl('bulwark:{alice}:sessions:')).toBeGreaterThan(59 * DAY);
  });

  it('are unknown, and no more, to a Redis that came back empty', async () => {
    const store = own.stores.sessions;
    await store.open(session('a'), 100, T);
    await own.client.flushall();
    expect(await store.rotate(claim('a', 'a-0', 'a-1'))).toEqual({ outcome: 'unknown' });
    expect(await store.find('a', T)).toBeUndefined();
    expect(await store.list('alice', T)).toEqual([]);
  });

  it("go by the server's time where nobody says otherwise, however wrong the caller's clock is", async () => {
    const store = new RedisSessionStore(own.client);
    const [seconds, micros] = (await own.client.time()) as unknown as [string, string];
    const serverMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    await store.open(session('a'), 100, T); // The caller is months behind.
    const found = (await store.find('a', T + 100 * DAY))!; // Another one is months ahead.
    expect(Math.abs(found.createdAtMs - serverMs)).toBeLessThan(5000);
    expect(found.expiresAtMs - found.createdAtMs).toBe(7 * DAY);
    expect(found.absoluteExpiresAtMs - found.createdAtMs).toBe(30 * DAY);
    expect(await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 100 * DAY }))).toEqual({ outcome: 'rotated' });
    expect(await store.rotate(claim('a', 'a-0', 'a-2', { nowMs: T - 100 * DAY }))).toMatchObject({
      outcome: 'repeated',
    });
    const life = await own.client.pttl('bulwark:{a}:session:');
    expect(life).toBeLessThanOrEqual(7 * DAY);
    expect(life).toBeGreaterThan(7 * DAY - 5000);
    await own.damageSession('a', 5, String(serverMs - 1));
    expect(await store.find('a', T)).toBeUndefined();
    expect(await store.rotate(claim('a', 'a-1', 'a-2'))).toEqual({ outcome: 'expired' });
  });
});

describe.skipIf(!redis).each(PLATFORMS)('two processes on %s', (platform) => {
  it('share logins, rotations and logouts', async () => {
    const options = {
      keyPrefix: `${redis!.prefix}-${randomUUID()}`,
      time: 'caller',
      commandTimeoutMs: 10_000,
    } as const;
    const clients = [new Redis(redis!.url), new Redis(redis!.url)];
    const apps = await Promise.all(
      clients.map((client) => {
        const store = new RedisSessionStore(client, options);
        return bootSessions({ platform, sessions: { store, revocations: new RedisRevocationStore(client, options) } });
      }),
    );
    const [one, two] = apps as [(typeof apps)[number], (typeof apps)[number]];
    try {
      const login = await one.send('POST /auth/login', { body: { username: 'alice', password: 'password of alice' } });
      const { access_token: token, refresh_token } = login.body as { access_token: string; refresh_token: string };
      expect((await two.send('GET /me', { token })).status).toBe(200);

      const refreshes = await Promise.all(
        [one, two, one, two].map((app) => app.send('POST /auth/refresh', { body: { refresh_token } })),
      );
      expect(refreshes.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const successors = new Set(refreshes.map(({ body }) => (body as { refresh_token: string }).refresh_token));
      expect(successors.size).toBe(1);
      expect((await two.send('GET /auth/sessions', { token })).body).toHaveLength(1);

      expect((await one.send('POST /auth/logout', { token })).status).toBe(204);
      expect(await two.send('GET /me', { token })).toMatchObject(REFUSED);
      const again = await two.send('POST /auth/refresh', { body: { refresh_token: [...successors][0] } });
      expect(again).toMatchObject(REFUSED);
    } finally {
      await Promise.all(apps.map((app) => app.close()));
      for (const client of clients) client.disconnect();
    }
  });
});
