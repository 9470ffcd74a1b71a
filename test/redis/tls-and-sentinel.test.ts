/** Encrypted, and where another server takes over: the client's business, and the stores go on over it. */

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { redisStores } from '../../lib/redis/index.js';
import { perMinute } from '../../lib/throttling/rate.js';
import { programOf } from '../servers/binaries.js';
import { redisServer } from '../servers/redis-server.js';
import { onFreePort, startServer } from '../servers/server-process.js';
import { canStart } from '../servers/shared.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { until } from './outage-clients.js';

const run = promisify(execFile);
const hasRedis = await canStart('redis');
const hasOpenssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

const once = (key: string) => [{ key, cost: 1, rate: perMinute(1) }];

describe.skipIf(!hasRedis || !hasOpenssl)('over TLS', () => {
  it('stores work with a certificate that the client trusts, and refuse with one that it does not', async () => {
    const folder = await temporaryFolder('tls');
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder.path, name)) as [string, string];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
    await run('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      ...subject,
    ]);
    const server = await redisServer({
      args: (port) => [
        '--port',
        '0',
        '--tls-port',
        String(port),
        '--tls-auth-clients',
        'no',
        '--tls-cert-file',
        cert,
        '--tls-key-file',
        key,
        '--tls-ca-cert-file',
        cert,
      ],
    });
    const connect = (ca?: Buffer) => {
      const client = new Redis({
        port: server.port,
        host: '127.0.0.1',
        tls: { ...(ca && { ca }) },
        enableOfflineQueue: false,
      });
      client.on('error', () => undefined);
      return client;
    };
    const [trusting, wary] = [connect(await readFile(cert)), connect()];
    try {
      await until(() => trusting.status === 'ready');
      const { buckets, nonces } = redisStores(trusting, { commandTimeoutMs: 2_000 });
      expect((await buckets.take(once('alice'), 0)).allowed).toBe(true);
      expect((await buckets.take(once('alice'), 0)).allowed).toBe(false);
      expect(await nonces.spend('n', Date.now() + 60_000, Date.now())).toBe(true);
      const refused = redisStores(wary, { commandTimeoutMs: 500 }).nonces.spend('m', Date.now() + 60_000, Date.now());
      await expect(refused).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
    } finally {
      trusting.disconnect();
      wary.disconnect();
      await server.stop();
      await folder.remove();
    }
  });
});

describe.skipIf(!hasRedis)('behind a Sentinel', { timeout: 60_000 }, () => {
  it('stores go on with the replica that takes over, without a restart', async () => {
    const master = await redisServer();
    const replica = await redisServer({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    const folder = await temporaryFolder('sentinel');
    const file = join(folder.path, 'sentinel.conf');
    const sentinel = await onFreePort(async (port) => {
      await writeFile(
        file,
        [
          `port ${port}`,
          'bind 127.0.0.1',
          `dir ${folder.path}`,
          `sentinel monitor main 127.0.0.1 ${master.port} 1`,
          'sentinel down-after-milliseconds main 500',
          'sentinel failover-timeout main 5000',
        ].join('\n'),
      );
      const server = await startServer({
        program: programOf('redis', 'redis-server'),
        args: [file, '--sentinel'],
        ready: /Sentinel ID is|\+monitor/,
      });
      return { ...server, port };
    });
    const client = new Redis({
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      name: 'main',
      enableOfflineQueue: false,
      retryStrategy: () => 50,
      sentinelRetryStrategy: () => 50,
    });
    client.on('error', () => undefined);
    const watcher = new Redis(sentinel.port, '127.0.0.1');
    watcher.on('error', () => undefined);
    let state = '';
    const look = setInterval(
      () => void watcher.call('SENTINEL', 'REPLICAS', 'main').then((found: unknown) => (state = JSON.stringify(found))),
      50,
    );
    try {
      await until(() => client.status === 'ready');
      await until(() => state.includes(`"${replica.port}"`) && state.includes('"master-link-status","ok"'), 30_000);
      const stores = redisStores(client, { commandTimeoutMs: 1_000, outage: { buckets: 'closed' } });
      const spend = (id: string) => stores.nonces.spend(id, Date.now() + 600_000, Date.now());
      expect(await spend('before')).toBe(true);
      await client.wait(1, 2_000);
      await master.kill();
      await expect(spend('meanwhile')).rejects.toMatchObject({ code: 'store_unavailable' });
      await until(
        () => client.status === 'ready' && client.options.port !== master.port && !stores.nonces.gate.isDown,
        40_000,
      );
      expect(await spend('after')).toBe(true);
      // What was acknowledged by the replica is known there.
      expect(await spend('before')).toBe(false);
    } finally {
      clearInterval(look);
      watcher.disconnect();
      client.disconnect();
      await Promise.all([sentinel.end(), replica.stop(), master.stop()]);
      await folder.remove();
    }
  });
});
