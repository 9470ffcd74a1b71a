/** Was this nonce, or this ticket, used before, anywhere in the fleet? */

import { checkText } from '../core/checks.js';
import type { SpentStore } from '../core/spent.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';
import { isYes } from './redis-replies.js';
import { redisScript } from './redis-script.js';

/** Whoever puts the key there is the first. A key of any kind that is there already is a no. */
const SPEND = redisScript(
  'spend',
  `-- KEYS[1] the id; ARGV[1] how long it is remembered, in milliseconds
if redis.call('SET', KEYS[1], '', 'NX', 'PX', ARGV[1]) then return 1 end
return 0`,
);

/**
 * Remembered so much longer than the ticket is good, in milliseconds: by as much the clocks of the processes may differ, before
 * one of them takes for fresh what another has forgotten.
 */
const CLOCKS_APART_MS = 60_000;

/**
 * One key for each id, gone by itself. How long is reckoned from the caller's own time, so that no other clock matters.
 *
 * Redis must not evict these keys (`maxmemory-policy noeviction`): what is forgotten can be used again.
 */
export class RedisSpentStore implements SpentStore, ConnectedStore {
  readonly gate: RedisGate;

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @param kind What is spent: ids of one kind are never taken for those of another. E.g. `nonce`.
   * @throws TypeError naming option, value and fix.
   */
  constructor(
    redis: RedisClient | RedisGate,
    private readonly kind: string,
    options?: RedisGateOptions,
  ) {
    checkText('RedisSpentStore: kind', kind);
    this.gate = gateOf(RedisGate, 'RedisSpentStore', redis, options);
  }

  async spend(id: string, untilMs: number, nowMs: number): Promise<boolean> {
    const forMs = Math.max(0, Math.ceil(untilMs - nowMs)) + CLOCKS_APART_MS;
    return isYes(await this.gate.run(SPEND, [this.gate.key(id, this.kind)], [forMs]), 'spent id');
  }
}
