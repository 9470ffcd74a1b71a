/** Keeps in Redis which tokens are good no more: what one process denies, every other refuses from then on. */

import type { Denial, RevocationStore, TokenMarks } from '../authentication/sessions/revocation.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { RedisClient } from './redis-client.js';
import { RedisGate } from './redis-gate.js';
import type { RedisGateOptions } from './redis-gate.options.js';
import { TEXT } from './redis-lua.js';
import { corrupt, numberOf } from './redis-replies.js';
import { redisScript, timedScript } from './redis-script.js';
import { slotOf } from './redis-slot.js';

/**
 * In a Cluster the denials that one call has to know must be in one slot, or asking takes several commands. A call is known by
 * its token, its session and its subject, and a denial by one of them: so denials of subjects are spread over twelve slots,
 * those of tokens and sessions are in all of them, and a call asks at its subject's.
 *
 * Tags by the middle of the twelfth of the slots in which each lies: of three servers, of four and of six, all have equally many.
 */
export const SHARD_TAGS: readonly string[] = [
  'd25',
  'd14',
  'd72',
  'd24',
  'd15',
  'd73',
  'd23',
  'd45',
  'd74',
  'd22',
  'd17',
  'd75',
];

/** For a token or session a number: the end. For a subject a hash: `until`, `before`, and `except` where there is one. */
const DENY = timedScript(
  'deny',
  `${TEXT}-- KEYS the denied; ARGV: the caller's time, then for each key: 'id' or 'subject', until, before, '=' and the exception or ''
-- Ends were reckoned by the caller's clock: they keep their distance from now, on ours.
local apart = now - ARGV[1]
-- By bytes. Lua's own order of text goes by the language of the server.
local function isAfter(one, other)
  for index = 1, math.min(#one, #other) do
    local a, b = one:byte(index), other:byte(index)
    if a ~= b then return a > b end
  end
  return #one > #other
end
for index, key in ipairs(KEYS) do
  local kind, over, before, except = unpack(ARGV, index * 4 - 2, index * 4 + 1)
  over = over + apart
  local left = math.ceil(over - now)
  if left > 0 and kind == 'id' then
    local known = redis.call('GET', key)
    if not known or tonumber(known) < over then redis.call('SET', key, text(over), 'PX', left + grace) end
  elseif left > 0 then
    local known = redis.call('HMGET', key, 'until', 'before')
    if not known[1] or tonumber(known[1]) <= now or isAfter(before, known[2]) then
      redis.call('DEL', key)
      redis.call('HSET', key, 'until', text(over), 'before', before)
      if except ~= '' then redis.call('HSET', key, 'except', except:sub(2)) end
      redis.call('PEXPIRE', key, left + grace)
    end
  end
end
return 1`,
);

/** A script and not three plain reads: those a client may be set up to ask a replica for, which may not know it yet. */
const LOOK = redisScript(
  'denied?',
  `-- KEYS[1] the subject; then token and session, as far as they are known
local found = redis.call('HMGET', KEYS[1], 'until', 'before', 'except')
for index = 2, #KEYS do found[index + 2] = redis.call('GET', KEYS[index]) end
return found`,
);

/** Short, because they are sent with every call. */
const KINDS = { token: 'dt', session: 'ds', subject: 'du' } as const;

/**
 * Asked for every authenticated call: one command each, whatever there is to know. `deny` is one script on a single server; in
 * a Cluster it is one for each of twelve slots: it is asked again where it was rejected, and asking twice does no harm.
 *
 * Redis must not evict these keys (`maxmemory-policy noeviction`), and one that comes back empty has forgotten them: revoked
 * access tokens are good again until they expire. `appendonly yes` keeps them.
 */
export class RedisRevocationStore implements RevocationStore, ConnectedStore {
  readonly gate: RedisGate;
  readonly #tags: readonly string[];

  /**
   * @param redis A client, or the gate that other stores of this client share. Then the gate's options hold.
   * @throws TypeError naming option, value and fix.
   */
  constructor(redis: RedisClient | RedisGate, options?: RedisGateOptions) {
    this.gate = gateOf(RedisGate, 'RedisRevocationStore', redis, options);
    this.#tags = this.gate.isCluster ? SHARD_TAGS : SHARD_TAGS.slice(0, 1);
  }

  async deny(denials: readonly Denial[], nowMs: number): Promise<void> {
    await Promise.all(
      this.#tags.map(async (tag) => {
        const here = denials.filter(({ kind, id }) => kind !== 'subject' || this.#tagOf(id) === tag);
        if (here.length === 0) return;
        const keys = here.map(({ kind, id }) => this.#key(tag, kind, id));
        await this.gate.runAt(nowMs, DENY, keys, [nowMs, ...here.flatMap(termsOf)]);
      }),
    );
  }

  async isDenied({ tokenId, sessionId, subjectId, stamp }: TokenMarks, nowMs: number): Promise<boolean> {
    const tag = this.#tagOf(subjectId);
    const keys = [this.#key(tag, 'subject', subjectId)];
    if (tokenId !== undefined) keys.push(this.#key(tag, 'token', tokenId));
    if (sessionId !== undefined) keys.push(this.#key(tag, 'session', sessionId));
    const [until, before, except, ...ends] = entriesOf(await this.gate.run(LOOK, keys), keys.length + 2);
    if (ends.some((end) => this.#isInForce(end, nowMs))) return true;
    if (!this.#isInForce(until, nowMs)) return false;
    if (typeof before !== 'string') throw corrupt('denial: before');
    return stamp < before && (sessionId === undefined || except !== sessionId);
  }

  /** By the server's time what is over is not there any more. */
  #isInForce(until: string | null | undefined, nowMs: number): boolean {
    if (until === null || until === undefined) return false;
    const untilMs = numberOf(until, 'denial: until');
    return this.gate.time === 'server' || nowMs < untilMs;
  }

  #tagOf(subjectId: string): string {
    return this.#tags[slotOf(subjectId) % this.#tags.length]!;
  }

  #key(tag: string, kind: Denial['kind'], id: string): string {
    return this.gate.key(tag, KINDS[kind], id);
  }
}

function termsOf(denial: Denial): (string | number)[] {
  if (denial.kind !== 'subject') return ['id', denial.untilMs, '', ''];
  const { untilMs, before, exceptSession } = denial;
  return ['subject', untilMs, before, exceptSession === undefined ? '' : `=${exceptSession}`];
}

function entriesOf(reply: unknown, count: number): readonly (string | null)[] {
  if (Array.isArray(reply) && reply.length === count && reply.every(isEntry)) return reply;
  throw corrupt('denials');
}

function isEntry(entry: unknown): entry is string | null {
  return entry === null || typeof entry === 'string';
}
