/** How are failed logins counted in one step? All keys share one slot: any account can be tried from any address. */

import { WORST } from '../throttling/login-defence/failure-record.js';
import { TEXT } from './redis-lua.js';
import { timedScript } from './redis-script.js';

/**
 * Failures are a hash `level`, `at`, `next`: `failure-record.ts` in Lua. A delay policy is three arguments: `free`, `firstDelayMs`,
 * `maxDelayMs`. The keys of every script, in this order:
 */
const KEYS = `${TEXT}local address, pair, account, known, accounts, stuffing = unpack(KEYS)
`;

const FAILURES = `local function levelAt(key, longest)
  local level, at = unpack(redis.call('HMGET', key, 'level', 'at'))
  if not level then return 0 end
  return math.max(0, level - math.max(0, now - at) / longest)
end
local function waitOf(key, longest)
  local next_ = redis.call('HGET', key, 'next')
  if not next_ then return 0 end
  return math.min(longest, math.max(0, next_ - now))
end
-- Kept until the failures are forgiven and the wait is over.
local function keep(key, level, wait, longest)
  redis.call('HSET', key, 'level', text(level), 'at', text(now), 'next', text(now + wait))
  redis.call('PEXPIRE', key, math.max(1, math.ceil(math.max(level * longest, wait))) + grace)
end
local function undo(key, longest)
  local level = levelAt(key, longest) - 1
  if level > 0 then keep(key, level, 0, longest) else redis.call('DEL', key) end
end
`;

/** The accounts that an address tried are a sorted set, by when last. */
const NOTE_ACCOUNT = `-- How many accounts the address tries, where this one made them too many; else ''.
local function note(name, most, window)
  redis.call('ZREMRANGEBYSCORE', accounts, '-inf', text(now - window))
  while redis.call('ZCARD', accounts) >= most do redis.call('ZPOPMIN', accounts) end
  redis.call('ZADD', accounts, text(now), name)
  redis.call('PEXPIRE', accounts, math.ceil(window) + grace)
  local count = redis.call('ZCARD', accounts)
  local told = redis.call('GET', stuffing)
  if count < most or (told and tonumber(told) > now) then return '' end
  redis.call('SET', stuffing, text(now + window), 'PX', math.ceil(window) + grace)
  return text(count)
end
`;

/** Counts the try as a failure, or says what is in its way. Answers obstacle, wait, and how many accounts. */
export const BEGIN = timedScript(
  'login begin',
  `${KEYS}${FAILURES}${NOTE_ACCOUNT}-- ARGV: account; policy of accounts; policy of addresses; stuffing: accounts, window; challenges, is challenged (1 or 0)
local free, first, longest = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local freeOfAddress, firstOfAddress, longestOfAddress = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local function obstacle()
  local wait = waitOf(address, longestOfAddress)
  if wait > 0 then return 'address', wait end
  wait = waitOf(pair, longest)
  if wait > 0 then return 'account_from_address', wait end
  if ARGV[11] == '1' then return nil end
  local told = redis.call('GET', stuffing)
  local left = told and told - now or 0
  if ARGV[10] == '1' and left > 0 then return 'credential_stuffing', left end
  -- An account is refused to an address only for what that address did, and to where its owner came from not for this.
  local level = levelAt(pair, longest)
  wait = waitOf(account, longest)
  if wait == 0 or level == 0 then return nil end
  local owned = redis.call('GET', known)
  if owned and tonumber(owned) > now then return nil end
  return 'account_under_attack', math.min(wait, level * longest)
end
local function fail(key, free, first, longest)
  local level = math.min(levelAt(key, longest) + 1, free + ${WORST})
  -- A billionth is the error of the sum.
  local over = math.ceil(level - free - 1e-9)
  keep(key, level, over < 0 and 0 or math.min(longest, first * 2 ^ over), longest)
end
local found, wait = obstacle()
-- What is tried meanwhile is no less a sign of what the address is doing.
if found then return {found, text(wait), note(ARGV[1], tonumber(ARGV[8]), tonumber(ARGV[9]))} end
fail(address, freeOfAddress, firstOfAddress, longestOfAddress)
fail(pair, free, first, longest)
fail(account, free, first, longest)
return {'', '0', ''}`,
);

export const FAIL = timedScript(
  'login fail',
  `${KEYS}${NOTE_ACCOUNT}-- ARGV: account; stuffing: accounts, window
return note(ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]))`,
);

/** The address gets its own try back, no more: else one account of one's own would wash off every failure at others. */
export const SUCCEED = timedScript(
  'login succeed',
  `${KEYS}${FAILURES}-- ARGV: account, longest delay of addresses, how long the address is known as the owner's, in milliseconds
undo(address, tonumber(ARGV[2]))
redis.call('ZREM', accounts, ARGV[1])
redis.call('DEL', account, pair)
redis.call('SET', known, text(now + ARGV[3]), 'PX', math.ceil(ARGV[3]) + grace)
return 1`,
);

export const RELEASE = timedScript(
  'login release',
  `${KEYS}${FAILURES}-- ARGV: longest delay of accounts, of addresses
undo(address, tonumber(ARGV[2]))
undo(pair, tonumber(ARGV[1]))
undo(account, tonumber(ARGV[1]))
return 1`,
);
