/** rate-limiter-flexible, asked as a throttler storage is: to see what it lets through at the edge of a window. */

import type { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { Increment } from './nest-lab.js';

export function flexibleIncrement(client: Redis): Increment {
  const limiters = new Map<string, RateLimiterRedis>();
  return {
    async increment(key, ttl, limit) {
      const of = `${limit}/${ttl}`;
      const limiter =
        limiters.get(of) ??
        new RateLimiterRedis({ storeClient: client, points: limit, duration: ttl / 1000, keyPrefix: 'flexible-edge' });
      limiters.set(of, limiter);
      const { consumedPoints, msBeforeNext } = await limiter.consume(key).catch((refused: unknown) => {
        if (refused instanceof Error) throw refused;
        return refused as { readonly consumedPoints: number; readonly msBeforeNext: number };
      });
      const seconds = Math.ceil(msBeforeNext / 1000);
      const isBlocked = consumedPoints > limit;
      return {
        totalHits: consumedPoints,
        timeToExpire: seconds,
        isBlocked,
        timeToBlockExpire: isBlocked ? seconds : 0,
      };
    },
  };
}
