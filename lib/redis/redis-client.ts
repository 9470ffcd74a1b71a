/** What has to be there of a Redis client? A part of what `ioredis` offers, as `Redis` and as `Cluster`. */

import { optionError } from '../core/checks.js';

/** What a command takes and a script is given. Text and numbers only: buffers make every command slower to write. */
export type RedisArgument = string | number;

/**
 * An `ioredis` client, version 5: `new Redis(…)` (Sentinel and TLS included) or `new Cluster(…)`. It is the app's: it is never
 * closed and never configured from here. Its `keyPrefix` stands before ours.
 */
export interface RedisClient {
  /** `ready` when commands can be sent. */
  readonly status: string;
  readonly isCluster?: boolean;
  /** Of a cluster, for each slot the servers that keep it, the master first: `127.0.0.1:7001`. */
  readonly slots?: readonly (readonly string[] | undefined)[];
  evalsha(sha: string, keyCount: number, ...keysAndArguments: RedisArgument[]): Promise<unknown>;
  eval(source: string, keyCount: number, ...keysAndArguments: RedisArgument[]): Promise<unknown>;
}

/** @throws TypeError when this is no client. */
export function checkRedisClient(option: string, client: unknown): RedisClient {
  const { evalsha, eval: evaluate, status } = (client ?? {}) as Partial<RedisClient>;
  if (typeof evalsha === 'function' && typeof evaluate === 'function' && typeof status === 'string') {
    return client as RedisClient;
  }
  throw optionError(option, client, 'is no ioredis client', "Use new Redis(url) or new Cluster(nodes) of 'ioredis'.");
}
