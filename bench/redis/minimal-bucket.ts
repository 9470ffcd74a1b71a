/** The least that a bucket in Redis can be: one script over one key, no outage, no second algorithm, no exactness. */

import type { Redis } from 'ioredis';
import { redisScript } from '../../lib/redis/redis-script.js';
import type { Rate } from '../../lib/throttling/rate.js';

export const MINIMAL_BUCKET = redisScript(
  'minimal bucket',
  `local capacity, perMs = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 't', 'a')
local tokens = tonumber(state[1]) or capacity
local at = tonumber(state[2]) or now
tokens = math.min(capacity, tokens + (now - at) * perMs)
local allowed = 0
if tokens >= 1 then tokens, allowed = tokens - 1, 1 end
redis.call('HSET', KEYS[1], 't', tokens, 'a', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((capacity - tokens) / perMs) + 1)
return { allowed, math.floor(tokens) }`,
);

export async function minimalTake(client: Redis, user: string, { capacity, refillTokens, refillPeriodMs }: Rate) {
  const key = `minimal:{${user}}`;
  const reply = await client.evalsha(MINIMAL_BUCKET.sha, 1, key, capacity, refillTokens / refillPeriodMs);
  const [allowed, remaining] = reply as [number, number];
  return { allowed: allowed === 1, remaining };
}
