/** What becomes of an API key in one step? Each script touches the keys of one slot: a key's, or its owner's list. */

import { OUTLIVE, TEXT } from './redis-lua.js';
import { redisScript } from './redis-script.js';

/**
 * A key is a hash: `about` (JSON: what never changes), `digest`, `since`, `expires`, `former` (JSON: a list of digest, superseded
 * and until, all texts), `used`, `revoked`. Times are the callers': keys live for months, and are judged where they are used.
 */
export const PUT = redisScript(
  'api key put',
  `-- KEYS[1] the key; ARGV: how long it is kept in milliseconds, then fields and their values
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`,
);

export const READ = redisScript('api key read', `return redis.call('HGETALL', KEYS[1])`);

/** `decideKeyRotation` of api-key-rotation.ts, in Lua. Answers the key afterwards. */
export const ROTATE = redisScript(
  'api key rotate',
  `${TEXT}${OUTLIVE}-- KEYS[1] the key; ARGV: next digest, next end, end of the overlap, the caller's time, most former secrets, how long it is kept
local digest, expires, kept, revoked = unpack(redis.call('HMGET', KEYS[1], 'digest', 'expires', 'former', 'revoked'))
if not expires then return {'unknown'} end
if revoked then return {'revoked'} end
local now, overlap = tonumber(ARGV[4]), tonumber(ARGV[3])
if now >= tonumber(expires) then return {'expired'} end
-- The current secret was good until the key expired: rotating does not make it last longer.
local all = cjson.decode(kept)
all[#all + 1] = {digest, ARGV[4], expires}
local former = {}
for _, each in ipairs(all) do
  local over = math.min(tonumber(each[3]), overlap)
  if now < over then former[#former + 1] = {each[1], each[2], text(over)} end
end
if #former > tonumber(ARGV[5]) then return {'too_many_former'} end
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'since', ARGV[4], 'expires', ARGV[2],
  'former', #former == 0 and '[]' or cjson.encode(former))
outlive(KEYS[1], ARGV[6] + 0)
return {'rotated', unpack(redis.call('HGETALL', KEYS[1]))}`,
);

export const REVOKE = redisScript(
  'api key revoke',
  `-- KEYS[1] the key; ARGV[1] the caller's time
local expires, revoked = unpack(redis.call('HMGET', KEYS[1], 'expires', 'revoked'))
if not expires or revoked then return 0 end
redis.call('HSET', KEYS[1], 'revoked', ARGV[1])
return 1`,
);

export const TOUCH = redisScript(
  'api key touch',
  `-- KEYS[1] the key; ARGV: the caller's time, how often it is noted in milliseconds
local expires, used = unpack(redis.call('HMGET', KEYS[1], 'expires', 'used'))
if not expires or (used and ARGV[1] - used < tonumber(ARGV[2])) then return 0 end
redis.call('HSET', KEYS[1], 'used', ARGV[1])
return 1`,
);

export const DROP = redisScript('api key drop', `return redis.call('DEL', KEYS[1])`);

/**
 * The list of an owner is a sorted set of ids, by when they were made. Takes a place in it, where need be that of dead keys, the
 * first of those that are named. Answers which ones made room. Nil: there is no place, and nothing has changed.
 */
export const ENLIST = redisScript(
  'api key enlist',
  `${OUTLIVE}-- KEYS[1] the list; ARGV: id, created, how long the list is kept, how many there may be, then dead ids, the oldest first
local surplus = redis.call('ZCARD', KEYS[1]) + 1 - ARGV[4]
local gone = {}
for index = 5, #ARGV do
  if #gone < surplus and redis.call('ZSCORE', KEYS[1], ARGV[index]) then gone[#gone + 1] = ARGV[index] end
end
if #gone < surplus then return false end
for _, id in ipairs(gone) do redis.call('ZREM', KEYS[1], id) end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
outlive(KEYS[1], ARGV[3] + 0)
return gone`,
);

/** The oldest first. */
export const LISTED = redisScript('api key list', `return redis.call('ZRANGE', KEYS[1], 0, -1)`);

export const DELIST = redisScript(
  'api key delist',
  `-- KEYS[1] the list; ARGV: ids
for _, id in ipairs(ARGV) do redis.call('ZREM', KEYS[1], id) end
return 1`,
);

export const PROLONG = redisScript(
  'api key prolong list',
  `${OUTLIVE}-- KEYS[1] the list; ARGV[1] how long it is kept at least, in milliseconds
if redis.call('EXISTS', KEYS[1]) == 1 then outlive(KEYS[1], ARGV[1] + 0) end
return 1`,
);
