/** A Redis that one test file has for itself: to count what it is asked, to damage what it holds, to look at every key. */

import { Redis } from 'ioredis';
import { redisStores } from '../../lib/redis/redis-stores.js';
import { redisServer } from '../servers/redis-server.js';

/** A number where it reads as one. */
const DAMAGE = `local session = cmsgpack.unpack(redis.call('GET', KEYS[1]))
session[tonumber(ARGV[1])] = tonumber(ARGV[2]) or ARGV[2]
redis.call('SET', KEYS[1], cmsgpack.pack(session), 'KEEPTTL')`;

export interface OwnRedis {
  readonly client: Redis;
  /** Every store, as an app gets them; by the caller's time, unless said otherwise. */
  readonly stores: ReturnType<typeof redisStores>;
  /** How many scripts the server was asked to run meanwhile: nothing else is ever sent. */
  commandsOf(act: () => unknown): Promise<number>;
  /** Damages a session: puts something else in one of its places, as its scripts number them. */
  damageSession(id: string, place: number, value: string): Promise<unknown>;
  keys(): Promise<string[]>;
  close(): Promise<void>;
}

export async function ownRedis({ time = 'caller' }: { time?: 'caller' | 'server' } = {}): Promise<OwnRedis> {
  const server = await redisServer();
  const client = new Redis(server.url);
  const options = { time, commandTimeoutMs: 5000 } as const;
  return {
    client,
    stores: redisStores(client, options),
    commandsOf: async (act) => {
      await client.config('RESETSTAT');
      await act();
      const calls = (await client.info('commandstats')).matchAll(/cmdstat_(eval\w*):calls=(\d+)/g);
      return [...calls].reduce((sum, [, , count]) => sum + Number(count), 0);
    },
    damageSession: (id, place, value) => client.eval(DAMAGE, 1, `bulwark:{${id}}:session:`, place, value),
    keys: async () => (await client.keys('*')).sort(),
    close: async () => {
      client.disconnect();
      await server.stop();
    },
  };
}
