/** A node of a Redis Cluster is lost: what lives there is refused or counted locally, everything else goes on. */

import { setTimeout as wait } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SecurityOptions } from '../../lib/index.js';
import { redisStores } from '../../lib/redis/index.js';
import type { Answer } from '../app.js';
import { redisCluster, type RedisCluster } from '../servers/redis-cluster.js';
import { canStart } from '../servers/shared.js';
import { bootSessions, type SessionApp, type Users } from '../sessions/app.js';

const hasRedis = await canStart('redis');

/** Enough that every node has some. */
const PEOPLE = Array.from({ length: 48 }, (_, index) => `user-${index}`);

describe.skipIf(!hasRedis)('an app on a cluster that loses a node', () => {
  let cluster: RedisCluster;
  let client: Cluster;
  let t: SessionApp;
  const refreshTokens = new Map<string, string>();

  beforeAll(async () => {
    cluster = await redisCluster();
    client = new Cluster([...cluster.startup], {
      enableOfflineQueue: false,
      slotsRefreshTimeout: 500,
      // By default it asks a lost node 16 times before it says so.
      maxRedirections: 2,
      retryDelayOnFailover: 20,
      retryDelayOnClusterDown: 20,
      redisOptions: { maxRetriesPerRequest: 0, connectTimeout: 500 },
    });
    client.on('error', () => undefined);
    await new Promise((resolve) => client.once('ready', resolve));
    const security: SecurityOptions = {
      clock: { now: Date.now },
      stores: redisStores(client, { commandTimeoutMs: 1000 }),
      throttling: {},
    };
    t = await bootSessions({ security });
    for (const id of PEOPLE) (t.users as Users).roles.set(id, ['user']);
    for (const id of PEOPLE) refreshTokens.set(id, (await t.tokens.issue({ id })).refreshToken!);
  }, 60_000);

  afterAll(async () => {
    await t?.close();
    client?.disconnect();
    await cluster?.stop();
  });

  /** Everybody refreshes, each from an address of their own. */
  const refreshAll = async (): Promise<Answer[]> => {
    const answers: Answer[] = [];
    for (const [index, id] of PEOPLE.entries()) {
      const body = { refresh_token: refreshTokens.get(id) };
      const answer = await t.send('POST /auth/refresh', { body, from: `127.0.9.${index + 1}` });
      if (answer.status === 200) refreshTokens.set(id, answer.body.refresh_token as string);
      answers.push(answer);
    }
    return answers;
  };
  const countOf = (answers: readonly Answer[], status: number): number =>
    answers.filter((answer) => answer.status === status).length;

  it('serves everybody while all nodes are there', async () => {
    expect(countOf(await refreshAll(), 200)).toBe(PEOPLE.length);
  });

  it('answers 503 to those whose session is on the lost node, 200 to the others, and nothing else', async () => {
    await cluster.nodes[1]!.kill();
    const began = performance.now();
    const answers = await refreshAll();
    const tookMs = performance.now() - began;
    const lost = answers.filter(({ status }) => status === 503);
    expect(lost.length).toBeGreaterThan(0);
    expect(countOf(answers, 200)).toBeGreaterThan(0);
    expect(lost.length + countOf(answers, 200)).toBe(PEOPLE.length);
    for (const { headers, body } of lost) {
      expect(headers['content-type']).toContain('application/problem+json');
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(body).toMatchObject({ status: 503, title: 'Please try again later.' });
    }
    // Nobody waits for a reconnect: a few commands time out, the rest is known.
    expect(tookMs / PEOPLE.length).toBeLessThan(150);
    expect(t.events.filter(({ kind }) => kind === 'store_outage')).toHaveLength(1);
  });

  it('counts the calls whose buckets are lost by itself: the answer is 401, not 503', async () => {
    const calls = PEOPLE.map((_, index) => t.send('GET /me', { from: `127.0.9.${index + 101}` }));
    expect(countOf(await Promise.all(calls), 401)).toBe(PEOPLE.length);
  });

  it('is whole again when the node is, without a restart', async () => {
    await cluster.nodes[1]!.restart();
    const until = performance.now() + 15_000;
    let answers = await refreshAll();
    while (countOf(answers, 503) > 0 && performance.now() < until) {
      await wait(100);
      answers = await refreshAll();
    }
    // The node came back empty: whose session was there logs in again.
    expect(countOf(answers, 200) + countOf(answers, 401)).toBe(PEOPLE.length);
    const { refreshToken } = await t.tokens.issue({ id: PEOPLE[0]! });
    expect(await t.send('POST /auth/refresh', { body: { refresh_token: refreshToken } })).toMatchObject({
      status: 200,
    });
    // Told when it has lasted for a second.
    while (!t.events.some(({ kind }) => kind === 'store_recovered') && performance.now() < until) await wait(20);
    expect(t.events.filter(({ kind }) => kind === 'store_recovered')).toHaveLength(1);
  });
});
