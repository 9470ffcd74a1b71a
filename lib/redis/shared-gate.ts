/** Does a store share the gate of others, or have one of its own? */

import { checkKeys } from '../core/checks.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';

/** @throws TypeError when options are given beside a gate, which has its own, or are wrong. */
export function gateOf(where: string, redis: RedisClient | RedisGate, options: RedisGateOptions = {}): RedisGate {
  if (!(redis instanceof RedisGate)) return new RedisGate(redis, options, where);
  checkKeys(where, options, []);
  return redis;
}
