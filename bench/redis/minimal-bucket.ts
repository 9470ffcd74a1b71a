/** The least that a bucket in Redis can be: one script over one key, no outage, no second algorithm, no exactness. */

import type { Redis } from 'ioredis';
import { redisScript } from '../../lib/redis/redis-script.js';
import type { Rate } from '../../lib/throttling/rate.js';

export const MINIMAL_BUCKET = redisScript(
  'minimal bucket',
  `local capacity, perMs = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('GET', KEYS[1])
local tokens, at = capacity, now
if state then tokens, at = struct.unpack('<dd', state) end
tokens = math.min(capacity, tokens + (now - at) * perMs)
local allowed = 0
if tokens >= 1 then tokens, allowed = tokens - 1, 1 end
redis.call('SET', KEYS[1], struct.pack('<dd', tokens, now), 'PX', math.ceil((capacity - tokens) / perMs) + 1)
return { allowed, math.floor(tokens) }`,
);

export async function minimalTake(client: Redis, user: string, { capacity, refillTokens, refillPeriodMs }: Rate) {
  const key = `minimal:{${user}}`;
  const reply = await client.evalsha(MINIMAL_BUCKET.sha, 1, key, capacity, refillTokens / refillPeriodMs);
  const [allowed, remaining] = reply as [number, number];
  return { allowed: allowed === 1, remaining };
}
