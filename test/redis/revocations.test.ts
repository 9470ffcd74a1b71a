import { Cluster, Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Denial, TokenMarks } from '../../lib/authentication/sessions/revocation.store.js';
import { RedisRevocationStore, SHARD_TAGS } from '../../lib/redis/redis-revocation.store.js';
import { slotOf } from '../../lib/redis/redis-slot.js';
import { redisCluster } from '../servers/redis-cluster.js';
import { canStart, sharedCluster } from '../servers/shared.js';
import { ownRedis, type OwnRedis } from './own-redis.js';
import { HOUR, T } from './stored.js';

const marks = (change: Partial<TokenMarks> = {}): TokenMarks => ({
  tokenId: 't',
  sessionId: 's',
  subjectId: 'alice',
  stamp: '0000-5',
  ...change,
});

const cluster = await sharedCluster();

describe.skipIf(!cluster)('denials in a cluster', () => {
  if (cluster === undefined) return;
  const clients = [new Cluster([...cluster.startup]), new Cluster([...cluster.startup])];
  afterAll(() => {
    for (const client of clients) client.disconnect();
  });
  const processes = (): RedisRevocationStore[] => {
    const options = {
      keyPrefix: `${cluster.prefix}-${randomUUID()}`,
      time: 'caller',
      commandTimeoutMs: 10_000,
    } as const;
    return clients.map((client) => new RedisRevocationStore(client, options));
  };

  it('of a token or a session are found whoever the token is for', async () => {
    const [here, there] = processes() as [RedisRevocationStore, RedisRevocationStore];
    const denials: Denial[] = [
      { kind: 'session', id: 's', untilMs: T + HOUR },
      { kind: 'token', id: 't', untilMs: T + HOUR },
    ];
    await here.deny(denials, T);
    for (let index = 0; index < 50; index++) {
      const subjectId = `user-${index}`;
      expect(await there.isDenied(marks({ subjectId, tokenId: 'x' }), T)).toBe(true);
      expect(await there.isDenied(marks({ subjectId, sessionId: 'x' }), T)).toBe(true);
      expect(await there.isDenied(marks({ subjectId, tokenId: 'x', sessionId: 'x' }), T)).toBe(false);
    }
  });

  it('of many subjects at once are all found', async () => {
    const [here, there] = processes() as [RedisRevocationStore, RedisRevocationStore];
    const ids = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    await here.deny(
      ids.map((id) => ({ kind: 'subject', id, before: '0000-6', untilMs: T + HOUR })),
      T,
    );
    const answers = await Promise.all(ids.map((subjectId) => there.isDenied(marks({ subjectId }), T)));
    expect(answers).toEqual(ids.map(() => true));
    expect(await there.isDenied(marks({ subjectId: 'user-50' }), T)).toBe(false);
  });

  it('are spread over all servers, each call asking one of them once', async () => {
    for (const servers of [2, 3, 4, 6]) {
      const owners = SHARD_TAGS.map((tag) => Math.floor((slotOf(tag) * servers) / 16_384));
      const counts = Array.from({ length: servers }, (_, server) => owners.filter((owner) => owner === server).length);
      expect(counts).toEqual(counts.map(() => SHARD_TAGS.length / servers));
    }
    // A script whose keys were not in one slot would be refused: `isDenied` is one script.
    const [here] = processes() as [RedisRevocationStore];
    for (let index = 0; index < 20; index++) {
      expect(await here.isDenied(marks({ subjectId: `user-${index}`, sessionId: `s${index}` }), T)).toBe(false);
    }
  });
});

describe.skipIf(!(await canStart('redis')))('denials in a cluster that loses a server', () => {
  it('are still asked for where it is not concerned, and nothing passes unasked', async () => {
    const own = await redisCluster();
    const client = new Cluster([...own.startup], { clusterRetryStrategy: () => 50 });
    try {
      const store = new RedisRevocationStore(client, { time: 'caller', commandTimeoutMs: 500 });
      const shards = SHARD_TAGS.map((tag) => own.ownerOf(slotOf(tag)));
      const lost = shards[0]!;
      const ids = Array.from({ length: 60 }, (_, index) => `user-${index}`);
      const isConcerned = (id: string) => shards[slotOf(id) % SHARD_TAGS.length] === lost;
      await store.deny([{ kind: 'session', id: 'before', untilMs: T + HOUR }], T);
      await lost.kill();
      const ask = (subjectId: string, sessionId: string) =>
        store.isDenied(marks({ subjectId, sessionId }), T).catch((error: unknown) => error);
      const unavailable = expect.objectContaining({ code: 'store_unavailable', status: 503 }) as unknown;
      for (const id of ids) expect(await ask(id, 'before')).toEqual(isConcerned(id) ? unavailable : true);
      for (const id of ids) expect(await ask(id, 'other')).toEqual(isConcerned(id) ? unavailable : false);
      // Said as failed, for it is not denied everywhere; where it could be it is.
      await expect(store.deny([{ kind: 'session', id: 'after', untilMs: T + HOUR }], T)).rejects.toEqual(unavailable);
      for (const id of ids) expect(await ask(id, 'after')).toEqual(isConcerned(id) ? unavailable : true);
    } finally {
      client.disconnect();
      await own.stop();
    }
  });
});

describe.skipIf(!(await canStart('redis')))('denials in a Redis', () => {
  let own: OwnRedis;
  beforeAll(async () => {
    own = await ownRedis();
  });
  afterAll(() => own.close());
  beforeEach(async () => {
    await own.client.flushall();
  });

  it('replace what has ended, even by what is said of an earlier moment', async () => {
    const store = own.stores.revocations;
    await store.deny([{ kind: 'subject', id: 'alice', before: '0000-9', untilMs: T + 1000 }], T);
    await store.deny([{ kind: 'subject', id: 'alice', before: '0000-6', untilMs: T + HOUR }], T + 1000);
    expect(await store.isDenied(marks(), T + 1000)).toBe(true);
    expect(await store.isDenied(marks({ stamp: '0000-6' }), T + 1000)).toBe(false);
  });

  it('compare moments byte by byte: a hex digit over nine is later than one below', async () => {
    const store = own.stores.revocations;
    for (const before of ['0000000a', '00000009', '000000', '0000000a-7', '00000010']) {
      await store.deny([{ kind: 'subject', id: 'alice', before, untilMs: T + HOUR }], T);
    }
    expect(await own.client.hget(`bulwark:{${SHARD_TAGS[0]}}:du:alice`, 'before')).toBe('00000010');
    await store.deny([{ kind: 'subject', id: 'alice', before: '0000001a', untilMs: T + HOUR }], T);
    await store.deny([{ kind: 'subject', id: 'alice', before: '0000001-', untilMs: T + HOUR }], T);
    expect(await own.client.hget(`bulwark:{${SHARD_TAGS[0]}}:du:alice`, 'before')).toBe('0000001a');
  });

  it('except a session by its whole name, an empty one included', async () => {
    const store = own.stores.revocations;
    for (const exceptSession of ['s', '', '=', 's\n', '0']) {
      await own.client.flushall();
      const denial = { kind: 'subject', id: 'alice', before: '0000-6', untilMs: T + HOUR } as const;
      await store.deny([{ ...denial, exceptSession }], T);
      expect(await store.isDenied(marks({ sessionId: exceptSession }), T)).toBe(false);
      expect(await store.isDenied(marks({ sessionId: 'other' }), T)).toBe(true);
      expect(await store.isDenied(marks({ sessionId: undefined }), T)).toBe(true);
    }
  });

  it('take no room once they have ended', async () => {
    await own.stores.revocations.deny([{ kind: 'token', id: 't', untilMs: T }], T);
    expect(await own.keys()).toEqual([]);
  });

  it("last as long as the caller means, by the server's time, however wrong the caller's clock is", async () => {
    const store = new RedisRevocationStore(own.client);
    const until = [
      { kind: 'token', id: 't', untilMs: T + HOUR },
      { kind: 'subject', id: 'bob', before: '0000-6', untilMs: T + HOUR },
    ] as const;
    await store.deny(until, T); // The caller is months behind.
    expect(await store.isDenied(marks(), T + 10_000 * HOUR)).toBe(true);
    expect(await store.isDenied(marks({ tokenId: 'x', subjectId: 'bob' }), T + 10_000 * HOUR)).toBe(true);
    for (const key of await own.keys()) {
      const life = await own.client.pttl(key);
      expect(life).toBeGreaterThan(HOUR - 5000);
      expect(life).toBeLessThanOrEqual(HOUR);
    }
    await store.deny([{ kind: 'token', id: 't', untilMs: T + 2 * HOUR }], T);
    await store.deny([{ kind: 'token', id: 't', untilMs: T + HOUR }], T);
    expect(await own.client.pttl(`bulwark:{${SHARD_TAGS[0]}}:dt:t`)).toBeGreaterThan(2 * HOUR - 5000);
    await own.client.pexpire(`bulwark:{${SHARD_TAGS[0]}}:dt:t`, 0);
    expect(await store.isDenied(marks(), T)).toBe(false);
  });

  it('are one command of at most 250 bytes a call', async () => {
    const sent: number[] = [];
    const client = new Redis(own.client.options);
    const write = client.sendCommand.bind(client);
    client.sendCommand = (command, stream) => {
      sent.push(Buffer.byteLength(command.toWritable(stream as never) as string));
      return write(command, stream);
    };
    const store = new RedisRevocationStore(client);
    const uuid = '019b76da-a800-7000-8000-000000000000';
    const asked = marks({ tokenId: uuid, sessionId: 'x'.repeat(22), subjectId: uuid });
    await store.isDenied(asked, T);
    sent.length = 0;
    await store.isDenied(asked, T);
    client.disconnect();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toBeLessThanOrEqual(250);
  });
});
