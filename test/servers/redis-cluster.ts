/** A Redis Cluster of one's own: three masters, no replicas, each a third of the slots. */

import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { redisServer, type RedisServer } from './redis-server.js';
import { temporaryFolder } from './temporary-folder.js';

const MASTERS = 3;
const SLOTS = 16_384;
const FORMED_WITHIN_MS = 20_000;

export interface RedisCluster {
  /** In the order of their slots. */
  readonly nodes: readonly RedisServer[];
  /** For `new Cluster(startup)`. */
  readonly startup: readonly { readonly host: string; readonly port: number }[];
  /** The node that owns a slot. */
  ownerOf(slot: number): RedisServer;
  stop(): Promise<void>;
}

/** Slots whose node is lost are lost; the others go on (`cluster-require-full-coverage no`). */
export async function redisCluster(): Promise<RedisCluster> {
  const { path: folder, remove } = await temporaryFolder('cluster');
  const nodes: RedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
    await remove();
  };
  try {
    const started = await Promise.allSettled(
      Array.from({ length: MASTERS }, (_, index) => redisServer({ args: clusterArgs(folder, `node-${index}.conf`) })),
    );
    for (const each of started) if (each.status === 'fulfilled') nodes.push(each.value);
    for (const each of started) if (each.status === 'rejected') throw each.reason as Error;
    await form(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes,
    startup: nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
    ownerOf: (slot) => nodes[Math.min(MASTERS - 1, Math.floor(slot / sliceSize()))]!,
    stop,
  };
}

function clusterArgs(folder: string, file: string): string[] {
  const settings = { enabled: 'yes', 'config-file': file, 'node-timeout': '1000', 'require-full-coverage': 'no' };
  return ['--dir', folder, ...Object.entries(settings).flatMap(([name, value]) => [`--cluster-${name}`, value])];
}

async function form(nodes: readonly RedisServer[]): Promise<void> {
  const clients = nodes.map(({ port }) => new Redis({ host: '127.0.0.1', port }));
  try {
    await Promise.all(
      clients.map(async (client, index) => {
        const first = index * sliceSize();
        const last = index === MASTERS - 1 ? SLOTS : first + sliceSize();
        await client.cluster('SET-CONFIG-EPOCH', index + 1);
        await client.cluster('ADDSLOTS', ...Array.from({ length: last - first }, (_, slot) => first + slot));
      }),
    );
    for (const { port } of nodes.slice(1)) await clients[0]!.cluster('MEET', '127.0.0.1', port);
    const until = Date.now() + FORMED_WITHIN_MS;
    while (!(await Promise.all(clients.map(knowsAll))).every(Boolean)) {
      if (Date.now() > until) throw new Error('the cluster did not form in time');
      await wait(25);
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
}

async function knowsAll(client: Redis): Promise<boolean> {
  const info = await client.cluster('INFO');
  const slots = (await client.cluster('SLOTS')) as readonly unknown[];
  return info.includes('cluster_state:ok') && slots.length === MASTERS;
}

function sliceSize(): number {
  return Math.floor(SLOTS / MASTERS);
}
