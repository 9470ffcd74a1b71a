/** Do all of these buckets have enough, and what do they hold then? One script over the buckets of one owner. */

import { timedScript, type TimedScript } from './redis-script.js';

/**
 * The arithmetic is that of `TokenScale` and `WindowScale`, line by line; numbers are the same doubles on both sides.
 *
 * KEYS: the buckets. ARGV: for each what is asked of it, five words:
 *   `t <full> <perMs> <perToken> <asked>`  token bucket, in the whole units of its scale
 *   `w <limit> <lengthMs> 0 <asked>`       sliding window
 *
 * A record is binary, so that no number is rounded and none is read as text: three doubles (units held, when, units per
 * token) or, for a window, three doubles (when it began, counted before, counted now) and a byte more. Anything else under
 * the key is a bucket that nobody has used, except what is no string at all: that is an error before anything is written.
 *
 * Rows are lists, and not tables with names: for one bucket that is a seventh of what Redis has to do.
 */
const READ = `
local KIND, SIZE, PACE, ASKED, DIRTY, A, B, C = 1, 2, 3, 4, 5, 6, 7, 8
local call, floor, ceil = redis.call, math.floor, math.ceil
local rows, allowed = {}, true
for i = 1, #KEYS do
  local kind, size, pace, unit, asked = string.match(ARGV[i], '^(.) (%S+) (%S+) (%S+) (%S+)$')
  size, pace, unit, asked = size + 0, pace + 0, unit + 0, asked + 0
  -- callers' clocks may go back and forth: then even what a refused call saw of the time is written
  local dirty, record = grace > 0, call('GET', KEYS[i])
  -- a token bucket that nobody has used is full
  local a, b, c = size, now, unit
  if kind == 't' then
    if record and #record == 24 then
      local held, at, per = struct.unpack('<ddd', record)
      -- another rate than last time: the caller keeps the tokens that they had
      if per ~= unit then held, dirty = math.min(size, floor((held / per) * unit)), true end
      -- a clock that went backwards brings nothing, and counting goes on from there
      if now > at then held = held + (now - at) * pace elseif now < at then dirty = true end
      if held < size then a = held end
    end
    allowed = allowed and a >= asked
  else
    a, b, c = now, 0, 0
    if record and #record == 25 then
      a, b, c = struct.unpack('<ddd', record)
      if now < a then dirty = true end
      local elapsed = now - a
      if elapsed >= pace then
        b = elapsed < 2 * pace and c or 0
        a, c = a + pace, 0
      end
      if now < a or (b == 0 and c == 0) then a = now end
    end
    allowed = allowed and b * (pace - (now - a)) + (c + asked) * pace <= size * pace
  end
  rows[i] = { kind, size, pace, asked, dirty, a, b, c }
end
`;

/**
 * Gives back what was taken a moment ago, because a bucket on another server refused. The word after the buckets' is when it was
 * taken, by this server: what was counted before a window ended stands in the window before now.
 */
const GIVE_BACK = `
allowed = false
local taken = tonumber(ARGV[#KEYS + 1])
for i = 1, #KEYS do
  local row = rows[i]
  local asked = row[ASKED]
  row[DIRTY] = true
  if row[KIND] == 't' then row[A] = math.min(row[SIZE], row[A] + asked)
  -- what was counted before this window began is in the one before
  elseif taken >= row[A] then row[C] = math.max(0, row[C] - asked)
  else row[B] = math.max(0, row[B] - asked) end
end
`;

/**
 * All or none: every bucket was read and judged before the first is charged. A refused bucket is not written: the record of
 * before says the same. A key lives until its bucket is full again, or nothing is counted any more: then it says nothing that
 * no key would not say.
 *
 * Answers whether all had enough, the time, and of each bucket one number (a window: three). Redis cuts fractions off
 * numbers, so that those which have one, or are over 2^53, go as text.
 */
const WRITE = `
local answer, n = { allowed and 1 or 0, now, 0 }, 2
for i = 1, #KEYS do
  local row = rows[i]
  local pace, a, b, c, left = row[PACE], row[A], row[B], row[C]
  local tokens = row[KIND] == 't'
  if tokens then
    if allowed then a = a - row[ASKED] end
    left = ceil((row[SIZE] - a) / pace)
  else
    if allowed then c = c + row[ASKED] end
    left = (c > 0 or b > 0) and ceil(a + (c > 0 and 2 or 1) * pace - now) or 0
  end
  if allowed or row[DIRTY] then
    if left > 0 then
      -- of a token bucket b is the time, which is now
      local record = struct.pack('<ddd', a, b, c)
      if not tokens then record = record .. 'w' end
      call('SET', KEYS[i], record, 'PX', math.min(left + grace, 100000000000000))
    else
      call('DEL', KEYS[i])
    end
  end
  n = n + 1
  answer[n] = a
  if not tokens then answer[n + 1], answer[n + 2], n = b, c, n + 2 end
end
for i = 2, n do
  local number = answer[i]
  if number % 1 ~= 0 or number >= 9007199254740992 then answer[i] = string.format('%.17g', number) end
end
return answer
`;

export const TAKE_FROM_BUCKETS: TimedScript = timedScript('take from buckets', READ + WRITE);
export const GIVE_BACK_TO_BUCKETS: TimedScript = timedScript('give back to buckets', READ + GIVE_BACK + WRITE);
