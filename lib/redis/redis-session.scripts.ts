/** What becomes of a session in one step? Each script touches the keys of one slot: a session's, or a subject's list. */

import { OUTLIVE, TEXT } from './redis-lua.js';
import { redisScript, timedScript } from './redis-script.js';

/**
 * A session is one packed array, which takes less than half the room of a hash: what was known at login (JSON), the subject,
 * when it was created, used, when it is over (idle or absolute, the sooner), when it ends in any case; the digest of its token;
 * (empty: it was reused, and is good for nothing); and of the token before digest, sealed successor, fingerprint of the client, and when it was rotated.
 */
const SESSION = `local LOGIN, SUBJECT, CREATED, USED, OVER, LAST, CURRENT, PREVIOUS, SEAL, CLIENT, ROTATED = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
local function read()
  local packed = redis.call('GET', KEYS[1])
  if not packed then return nil end
  local session = cmsgpack.unpack(packed)
  -- Not a number, or one that never comes: an error, before anything is written.
  for place = CREATED, LAST do assert(session[place] >= 0 and session[place] < 1e16, 'corrupt session') end
  return session
end
local function write(session)
  local left = math.max(1, math.ceil(session[OVER] - now))
  redis.call('SET', KEYS[1], cmsgpack.pack(session), 'PX', left + grace)
end
`;

export const OPEN = timedScript(
  'session open',
  `${SESSION}-- ARGV: the caller's time, login, subject, created, used, over, last, digest, and the four of a token before, if any
-- Times were reckoned by the caller's clock: they keep their distance from now, on ours.
local apart = now - ARGV[1]
local session = {unpack(ARGV, 2)}
for place = CREATED, LAST do session[place] = session[place] + apart end
if session[ROTATED] then session[ROTATED] = session[ROTATED] + apart end
write(session)
return 1`,
);

/** Names and values, in turn. Nil: there is no such session. Empty: it is over. */
export const FIND = timedScript(
  'session find',
  `${TEXT}${SESSION}local session = read()
if not session then return false end
if now >= session[OVER] or session[CURRENT] == '' then return {} end
local found = {'login', session[LOGIN], 'subject', session[SUBJECT], 'current', session[CURRENT],
  'created', text(session[CREATED]), 'used', text(session[USED]), 'over', text(session[OVER]), 'last', text(session[LAST])}
if session[PREVIOUS] then
  for _, each in ipairs({'previous', session[PREVIOUS], 'seal', session[SEAL], 'client', session[CLIENT],
    'rotated', text(session[ROTATED])}) do found[#found + 1] = each end
end
return found`,
);

/** `decideRotation` of session-rotation.ts, in Lua. Whatever is not the current token or a retry ends the session. */
export const ROTATE = timedScript(
  'session rotate',
  `${SESSION}-- ARGV: presented digest, next digest, sealed next, fingerprint, grace, idle in milliseconds
local session = read()
if not session then return {'unknown'} end
if now >= session[OVER] then
  redis.call('DEL', KEYS[1])
  return {'expired'}
end
if session[CURRENT] == '' then return {'reused', session[SUBJECT]} end
if session[CURRENT] == ARGV[1] then
  session[PREVIOUS], session[CURRENT], session[SEAL], session[CLIENT], session[ROTATED] = ARGV[1], ARGV[2], ARGV[3], ARGV[4], now
  session[USED] = math.max(session[USED], now)
  session[OVER] = math.min(now + ARGV[6], session[LAST])
  write(session)
  return {'rotated'}
end
-- The same client, soon after, with the token just before: its answer was lost on the way.
local allowed = tonumber(ARGV[5])
if session[PREVIOUS] == ARGV[1] and session[CLIENT] == ARGV[4]
  and allowed > 0 and math.abs(now - session[ROTATED]) <= allowed then
  return {'repeated', session[SEAL]}
end
-- Good for nothing any more. It stays until it is removed, so that who asks again, because the answer was lost, is told the same.
session[CURRENT] = ''
write(session)
return {'reused', session[SUBJECT]}`,
);

export const REMOVE = timedScript(
  'session remove',
  `${SESSION}local session = read()
redis.call('DEL', KEYS[1])
if session and now < session[OVER] and session[CURRENT] ~= '' then return 1 end
return 0`,
);

/** The list of a subject is a sorted set of session ids, by when they were opened. Answers the whole list where it is too long. */
export const ENLIST = timedScript(
  'session enlist',
  `${TEXT}${OUTLIVE}-- KEYS[1] the list; ARGV: session id, how long it lasts at most in milliseconds, how many there may be
redis.call('ZADD', KEYS[1], text(now), ARGV[1])
outlive(KEYS[1], math.max(1, math.ceil(ARGV[2])) + grace)
if redis.call('ZCARD', KEYS[1]) <= tonumber(ARGV[3]) then return {} end
return redis.call('ZRANGE', KEYS[1], 0, -1)`,
);

export const LISTED = redisScript('session list', `return redis.call('ZRANGE', KEYS[1], 0, -1)`);

export const DELIST = redisScript(
  'session delist',
  `-- KEYS[1] the list; ARGV: session ids
for _, id in ipairs(ARGV) do redis.call('ZREM', KEYS[1], id) end
return 1`,
);
