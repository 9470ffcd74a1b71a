/** What becomes of a second factor in one step? Each script touches the keys of one user, or of one challenge. */

import { TEXT } from './redis-lua.js';
import { redisScript, timedScript } from './redis-script.js';

/**
 * Where the contract brings no time of the caller: the server's, for how long a key is kept. An hour longer than it matters,
 * for it is not what decides.
 */
const KEPT_UNTIL = `local function keepUntil(key, over)
  local time = redis.call('TIME')
  local left = over - (time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('PEXPIRE', key, math.max(0, math.ceil(left)) + 3600000)
end
`;

/** What the caller's clock gave an end is judged by a caller's clock: Redis's may be another. The last argument. */
const CALLERS_NOW = `local now = tonumber(table.remove(ARGV))
`;

/** A hash: `id`, `sealed`, `expires`, and `replaces` where it does. */
export const SET_PENDING = redisScript(
  'mfa set pending',
  `${KEPT_UNTIL}-- KEYS[1] pending; ARGV: id, sealed, expires, and what it replaces, if anything
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'sealed', ARGV[2], 'expires', ARGV[3])
if ARGV[4] then redis.call('HSET', KEYS[1], 'replaces', ARGV[4]) end
keepUntil(KEYS[1], ARGV[3])
return 1`,
);

export const READ = redisScript('mfa read', `return redis.call('HGETALL', KEYS[1])`);

/** What is confirmed is a hash `id`, `sealed`, `step`, and a set of recovery codes. Both stay until they are removed. */
export const CONFIRM = redisScript(
  'mfa confirm',
  `${CALLERS_NOW}-- KEYS: pending, confirmed, recovery; ARGV: id, step, then the recovery codes
local id, sealed, replaces, over = unpack(redis.call('HMGET', KEYS[1], 'id', 'sealed', 'replaces', 'expires'))
if id ~= ARGV[1] or now >= tonumber(over) then return 0 end
-- Who enrolled while nothing was in force must not take over what was confirmed meanwhile. Both may be none: false.
if replaces ~= redis.call('HGET', KEYS[2], 'id') then return 0 end
redis.call('DEL', unpack(KEYS))
redis.call('HSET', KEYS[2], 'id', id, 'sealed', sealed, 'step', ARGV[2])
if #ARGV > 2 then redis.call('SADD', KEYS[3], unpack(ARGV, 3)) end
return 1`,
);

export const RESEAL = redisScript(
  'mfa reseal',
  `-- KEYS[1] confirmed; ARGV: id, sealed
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[2])
return 1`,
);

/** RFC 6238 §5.2: a code that was accepted is never accepted again, nor is one of a step before it. */
export const CLAIM_STEP = redisScript(
  'mfa claim step',
  `-- KEYS[1] confirmed; ARGV: id, step
local id, last = unpack(redis.call('HMGET', KEYS[1], 'id', 'step'))
if id ~= ARGV[1] or tonumber(ARGV[2]) <= tonumber(last) then return 0 end
redis.call('HSET', KEYS[1], 'step', ARGV[2])
return 1`,
);

export const SET_RECOVERY = redisScript(
  'mfa set recovery codes',
  `-- KEYS: confirmed, recovery; ARGV: the codes
if not redis.call('HGET', KEYS[1], 'id') then return 0 end
redis.call('DEL', KEYS[2])
if #ARGV > 0 then redis.call('SADD', KEYS[2], unpack(ARGV)) end
return 1`,
);

export const CLAIM_RECOVERY = redisScript('mfa claim recovery code', `return redis.call('SREM', KEYS[1], ARGV[1])`);

/** A hash: `count`, `since`. Answers how long to wait: 0 where the attempt is counted. */
export const COUNT_ATTEMPT = timedScript(
  'mfa count attempt',
  `${TEXT}-- KEYS[1] attempts; ARGV: limit, window in milliseconds
local count, since = unpack(redis.call('HMGET', KEYS[1], 'count', 'since'))
local over = since and since + ARGV[2]
-- A clock that is a little behind counts in the window that is there; one that was set back starts a new one.
if not since or math.abs(now - since) >= tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'count', 1, 'since', text(now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(ARGV[2]) + grace)
  return '0'
end
if tonumber(count) >= tonumber(ARGV[1]) then return text(over - now) end
redis.call('HINCRBY', KEYS[1], 'count', 1)
return '0'`,
);

export const FORGET = redisScript('mfa forget', `return redis.call('DEL', unpack(KEYS))`);

/** A hash: `user`, `subject`, `expires`, `attempts`, and how many of them are `left`. */
export const ADD_CHALLENGE = redisScript(
  'mfa add challenge',
  `${KEPT_UNTIL}-- KEYS[1] the challenge; ARGV: user, subject, expires, attempts
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'user', ARGV[1], 'subject', ARGV[2], 'expires', ARGV[3], 'attempts', ARGV[4], 'left', ARGV[4])
keepUntil(KEYS[1], ARGV[3])
return 1`,
);

/** Uses up an attempt, and answers the challenge as it was before. Empty: there is none. */
export const TRY_CHALLENGE = redisScript(
  'mfa try challenge',
  `${CALLERS_NOW}-- KEYS[1] the challenge
local over, left = unpack(redis.call('HMGET', KEYS[1], 'expires', 'left'))
if not over or now >= tonumber(over) then return {} end
local found = redis.call('HGETALL', KEYS[1])
if tonumber(left) > 0 then redis.call('HINCRBY', KEYS[1], 'left', -1) end
return found`,
);

export const CLAIM_CHALLENGE = redisScript(
  'mfa claim challenge',
  `${CALLERS_NOW}-- KEYS[1] the challenge
local over = redis.call('HGET', KEYS[1], 'expires')
redis.call('DEL', KEYS[1])
if over and now < tonumber(over) then return 1 end
return 0`,
);
