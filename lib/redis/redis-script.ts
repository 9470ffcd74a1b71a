/** How is a decision of several steps made in one round trip? A Lua script, sent once and called by its digest. */

import { createHash } from 'node:crypto';
import type { RedisArgument, RedisClient } from './redis-client.js';

export interface RedisScript {
  /** For errors and logs. */
  readonly name: string;
  readonly source: string;
  /** SHA-1 of the source, in hex: what Redis calls it. */
  readonly sha: string;
}

export function redisScript(name: string, source: string): RedisScript {
  const sha = createHash('sha1').update(source).digest('hex');
  return Object.freeze({ name, source, sha });
}

/** Whose time a script goes by. */
export type RedisTime = 'server' | 'caller';

/** One decision, as two scripts: by the server's time, and by the time that the caller brings. */
export type TimedScript = Readonly<Record<RedisTime, RedisScript>>;

/** Whole milliseconds. The server's clock is one for the whole fleet; `TIME` and a write in one script need Redis 5. */
const SERVER_TIME = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local grace = 0
`;

/**
 * The caller's clock is the last argument. It may stand still, in tests, while the server's runs: what a key's life is
 * reckoned by is then only memory, so that keys live a minute longer than they matter.
 */
const CALLER_TIME = `local now = tonumber(table.remove(ARGV))
local grace = 60000
`;

/**
 * @param body Finds `now` in milliseconds and `grace` in milliseconds, which it adds to the life of every key that it
 * writes (`'PX', left + grace`). Expiry is judged by times that are stored, never by whether a key is still there.
 */
export function timedScript(name: string, body: string): TimedScript {
  return Object.freeze({
    server: redisScript(name, SERVER_TIME + body),
    caller: redisScript(`${name}, caller's time`, CALLER_TIME + body),
  });
}

/**
 * Calls a script by its digest; where the server does not know it (restarted, another node), sends it whole, once. The caller
 * is told, later; not by a promise, because each promise in between costs every request.
 */
export function callScript(
  client: RedisClient,
  { sha, source }: RedisScript,
  keys: readonly string[],
  args: readonly RedisArgument[],
  replied: (reply: unknown) => void,
  broke: (error: unknown) => void,
): void {
  try {
    client.evalsha(sha, keys.length, ...keys, ...args).then(replied, (error: unknown) => {
      if (!isUnknownScript(error)) return broke(error);
      client.eval(source, keys.length, ...keys, ...args).then(replied, broke);
    });
  } catch (error) {
    // Before anything was sent.
    broke(error);
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
