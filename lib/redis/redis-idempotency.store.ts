/** Has this been asked before, of any process of the fleet? Keeps answers under their keys in Redis. */

import type {
  IdempotencyBegin,
  IdempotencyClaim,
  IdempotencyFinish,
  IdempotencyOutcome,
  IdempotencyStore,
  StoredAnswer,
} from '../throttling/sensitive-flow/idempotency.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';
import { TEXT } from './redis-lua.js';
import { corrupt, objectOf, textsOf } from './redis-replies.js';
import { redisScript, timedScript } from './redis-script.js';

/**
 * A hash: `digest` of the request, `claim` of who runs it, `until` when it is given up, and `answer` once there is one.
 * Claims what is free, or says what is there.
 */
const BEGIN = timedScript(
  'idempotency begin',
  `${TEXT}-- KEYS[1] the key; ARGV: digest, claim, lease in milliseconds
local known = redis.call('HMGET', KEYS[1], 'digest', 'until', 'answer')
if redis.call('EXISTS', KEYS[1]) == 1 and now < tonumber(known[2]) then
  -- Another request under the same key, running or answered.
  if known[1] ~= ARGV[1] then return {'conflict'} end
  if not known[3] then return {'running'} end
  return {'replay', known[3]}
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'claim', ARGV[2], 'until', text(now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[3]) + grace)
return {'started'}`,
);

/** Only who holds the claim, and once. */
const FINISH = timedScript(
  'idempotency finish',
  `${TEXT}-- KEYS[1] the key; ARGV: claim, answer as JSON, how long it is kept in milliseconds
local known = redis.call('HMGET', KEYS[1], 'claim', 'answer')
if known[1] ~= ARGV[1] or known[2] then return 0 end
redis.call('HSET', KEYS[1], 'answer', ARGV[2], 'until', text(now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[3]) + grace)
return 1`,
);

/** Only who holds the claim, and nothing that is answered. */
const ABANDON = redisScript(
  'idempotency abandon',
  `-- KEYS[1] the key; ARGV[1] the claim
local known = redis.call('HMGET', KEYS[1], 'claim', 'answer')
if known[1] ~= ARGV[1] or known[2] then return 0 end
return redis.call('DEL', KEYS[1])`,
);

/**
 * One hash for each key, gone when its lease or its answer is. How many there are is bounded by the limits of the flows, and
 * how large they are by `maxAnswerBytes`.
 */
export class RedisIdempotencyStore implements IdempotencyStore, ConnectedStore {
  readonly gate: RedisGate;

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @throws TypeError naming option, value and fix.
   */
  constructor(redis: RedisClient | RedisGate, options?: RedisGateOptions) {
    this.gate = gateOf(RedisGate, 'RedisIdempotencyStore', redis, options);
  }

  async begin({ key, digest, claim, nowMs, leaseMs }: IdempotencyBegin): Promise<IdempotencyOutcome> {
    const reply = await this.gate.runAt(nowMs, BEGIN, [this.#key(key)], [digest, claim, leaseMs]);
    const [outcome, answer] = textsOf(reply, 'idempotency record');
    switch (outcome) {
      case 'started':
      case 'running':
      case 'conflict':
        return { outcome };
      case 'replay':
        return { outcome, answer: answerFrom(answer ?? '') };
      default:
        throw corrupt('idempotency record');
    }
  }

  async finish({ key, claim, answer, nowMs, keepMs }: IdempotencyFinish): Promise<void> {
    await this.gate.runAt(nowMs, FINISH, [this.#key(key)], [claim, JSON.stringify(answer), keepMs]);
  }

  async abandon({ key, claim }: IdempotencyClaim): Promise<void> {
    await this.gate.run(ABANDON, [this.#key(key)], [claim]);
  }

  #key(key: string): string {
    return this.gate.key(key, 'answer');
  }
}

const KINDS: readonly unknown[] = ['body', 'refusal', 'lost'] satisfies StoredAnswer['kind'][];

function answerFrom(json: string): StoredAnswer {
  const answer = objectOf(json, 'stored answer');
  const { kind, status, headers, body, code } = answer;
  const isAnswer =
    KINDS.includes(kind) &&
    Number.isInteger(status) &&
    typeof headers === 'object' &&
    headers !== null &&
    Object.values(headers).every(isText) &&
    (body === undefined || isText(body)) &&
    (code === undefined || isText(code));
  if (!isAnswer) throw corrupt('stored answer');
  return answer as unknown as StoredAnswer;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
