/** The servers that the suites run on: private, real, gone when they are no longer needed. */

import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { isInstalled } from './binaries.js';
import { openKeeper } from './keeper.js';
import { postgresServer } from './postgres-server.js';
import { redisServer } from './redis-server.js';
import { canStart, sharedCluster, sharedPostgres, sharedRedis } from './shared.js';

const [hasRedis, hasPostgres] = await Promise.all([canStart('redis'), canStart('postgres')]);

/** What somebody who comes now is answered. */
function pinged(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(200, () => socket.destroy(new Error('silence')));
    socket.once('data', (answer) => {
      resolve(answer.toString().trim());
      socket.destroy();
    });
    socket.once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
  });
}

describe.skipIf(!hasRedis)('a Redis of a test', () => {
  it('answers, hangs while it is paused, is gone when killed, and comes back empty', async () => {
    const server = await redisServer();
    try {
      const client = new Redis(server.url);
      await client.set('key', 'value');
      client.disconnect();
      server.pause();
      expect(await pinged(server.port)).toBe('silence');
      server.resume();
      expect(await pinged(server.port)).toBe('+PONG');
      await server.kill();
      expect(await pinged(server.port)).toBe('ECONNREFUSED');
      await server.restart();
      const again = new Redis(server.url);
      expect(await again.dbsize()).toBe(0);
      again.disconnect();
    } finally {
      await server.stop();
    }
    expect(await pinged(server.port)).toBe('ECONNREFUSED');
  });

  it('is one for all files of a run, each with a prefix of its own', async () => {
    const [one, other] = await Promise.all([sharedRedis(), sharedRedis()]);
    expect(one!.url).toBe(other!.url);
    expect(one!.prefix).not.toBe(other!.prefix);
  });

  it('can be a cluster of three, each with a third of the slots', async () => {
    const { startup } = (await sharedCluster())!;
    expect(startup).toHaveLength(3);
    const cluster = new Cluster([...startup]);
    const keys = Array.from({ length: 30 }, (_, index) => `servers-test-${index}`);
    for (const key of keys) await cluster.set(key, key, 'PX', 5000);
    const perNode = await Promise.all(cluster.nodes('master').map((node) => node.dbsize()));
    expect(await Promise.all(keys.map((key) => cluster.get(key)))).toEqual(keys);
    cluster.disconnect();
    expect(perNode.filter((size) => size > 0)).toHaveLength(3);
  });
});

describe.skipIf(!hasPostgres)('a Postgres of a test', () => {
  const asked = async (url: string, text: string): Promise<unknown> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.query<{ answer: unknown }>(text)).rows[0]?.answer;
    } catch (error) {
      return (error as Error).message;
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  it('keeps what was committed over a crash and a restart, and nothing once it is stopped', async () => {
    const server = await postgresServer();
    let folder = '';
    try {
      folder = String(await asked(server.url, "SELECT current_setting('data_directory') AS answer"));
      await asked(server.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await server.kill();
      expect(await asked(server.url, 'SELECT 1 AS answer')).toContain('ECONNREFUSED');
      await server.restart();
      expect(await asked(server.url, 'SELECT answer FROM kept')).toBe(42);
      expect(existsSync(folder)).toBe(true);
    } finally {
      await server.stop();
    }
    expect(existsSync(folder)).toBe(false);
  });

  it('lets nobody in without its password', async () => {
    const { url } = (await sharedPostgres())!;
    const without = url.replace(/:[^:@]*@/, ':wrong@');
    expect(await asked(url, 'SELECT 1 AS answer')).toBe(1);
    expect(await asked(without, 'SELECT 1 AS answer')).toContain('password authentication failed');
  });
});

describe('the keeper of shared servers', () => {
  it('starts nothing that nobody asks for, and says what it does not know', async () => {
    const said: string[] = [];
    const keeper = await openKeeper((line) => said.push(line));
    try {
      const answer = await fetch(`${keeper.url}/mongo`);
      expect(await answer.json()).toEqual({ missing: 'mongo' });
    } finally {
      await keeper.close();
    }
    expect(said).toEqual([]);
  });

  const FOUND = 'redis://127.0.0.1:1';
  it.each<[what: string, given: string | undefined, isThere: boolean, installs: boolean, expected: object]>([
    ['a URL and the programs', FOUND, true, false, { shared: { urls: [FOUND] }, own: { mayStart: true }, said: 0 }],
    [
      'a URL alone: nothing is installed',
      FOUND,
      false,
      true,
      { shared: { urls: [FOUND] }, own: { mayStart: false }, said: 1 },
    ],
    [
      'nothing, and nothing can be installed',
      undefined,
      false,
      false,
      { shared: { missing: 'redis' }, own: { mayStart: false }, said: 1 },
    ],
  ])('offers what there is, given %s', async (_what, given, isThere, installs, expected) => {
    const said: string[] = [];
    const keeper = await openKeeper((line) => said.push(line), {
      given: { redis: given, postgres: undefined },
      isInstalled: () => isThere,
      install: async () => isThere || installs,
    });
    try {
      const asked = async (path: string): Promise<unknown> => (await fetch(`${keeper.url}/${path}`)).json();
      const [shared, own] = [await asked('redis'), await asked('redis/own')];
      expect({ shared, own, said: said.length }).toEqual(expected);
      // A cluster is never one that was given.
      if (!isThere) expect(await asked('redis-cluster')).toEqual({ missing: 'redis' });
    } finally {
      await keeper.close();
    }
  });

  it('knows what is installed', () => {
    expect([isInstalled('redis'), isInstalled('postgres')]).toEqual([hasRedis, hasPostgres]);
  });
});
