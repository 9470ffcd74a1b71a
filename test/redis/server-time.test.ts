/** Callers whose clocks are months apart: what the stores decide by the server's time, they do not notice. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canStart } from '../servers/shared.js';
import { ownRedis, type OwnRedis } from './own-redis.js';
import { CHALLENGE, HOUR, LOGIN, pending, POLICY, T } from './stored.js';

const BEHIND = T;
const AHEAD = T + 10_000 * HOUR;

describe.skipIf(!(await canStart('redis')))("by the server's time", () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await ownRedis({ time: 'server' });
  });
  afterAll(() => redis.close());
  beforeEach(async () => {
    await redis.client.flushall();
  });

  const serverMs = async (): Promise<number> => {
    const [seconds, micros] = (await redis.client.time()) as unknown as [string, string];
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  };

  it('a nonce is spent once, and remembered for as long as the caller means and a minute more', async () => {
    const { nonces } = redis.stores;
    expect(await nonces.spend('n', BEHIND + 300_000, BEHIND)).toBe(true);
    expect(await nonces.spend('n', AHEAD + 300_000, AHEAD)).toBe(false);
    const life = await redis.client.pttl('bulwark:{n}:nonce:');
    expect(life).toBeGreaterThan(355_000);
    expect(life).toBeLessThanOrEqual(360_000);
    expect(await nonces.spend('late', BEHIND - 300_000, BEHIND)).toBe(true);
    expect(await redis.client.pttl('bulwark:{late}:nonce:')).toBeGreaterThan(55_000);
  });

  it('an idempotency key runs until its lease ends', async () => {
    const { idempotency } = redis.stores;
    const begin = { key: 'k', owner: 'alice', digest: 'd', leaseMs: 60_000 };
    expect(await idempotency.begin({ ...begin, claim: 'c1', nowMs: BEHIND })).toEqual({ outcome: 'started' });
    expect(await idempotency.begin({ ...begin, claim: 'c2', nowMs: AHEAD })).toEqual({ outcome: 'running' });
    await redis.client.hset('bulwark:{k}:answer:', 'until', String((await serverMs()) - 1));
    expect(await idempotency.begin({ ...begin, claim: 'c2', nowMs: BEHIND })).toEqual({ outcome: 'started' });
  });

  it('failed logins wait', async () => {
    const { loginDefence } = redis.stores;
    for (let time = 0; time < 5; time++) {
      expect(await loginDefence.begin(LOGIN, POLICY, time % 2 ? BEHIND : AHEAD, false)).toEqual({ retryAfterMs: 0 });
    }
    const { obstacle, retryAfterMs } = await loginDefence.begin(LOGIN, POLICY, AHEAD, false);
    expect(obstacle).toBe('address');
    expect(retryAfterMs).toBeGreaterThan(7000);
    expect(retryAfterMs).toBeLessThanOrEqual(12_000);
  });

  it('attempts at a second factor are counted', async () => {
    const { mfa } = redis.stores;
    const rule = { limit: 1, windowMs: 900_000 };
    expect((await mfa.countAttempt('alice', rule, BEHIND)).allowed).toBe(true);
    const { allowed, retryAfterMs } = await mfa.countAttempt('alice', rule, AHEAD);
    expect(allowed).toBe(false);
    expect(retryAfterMs).toBeGreaterThan(890_000);
    expect(retryAfterMs).toBeLessThanOrEqual(900_000);
  });

  it('an enrolment and a challenge are kept, and judged by the clocks that gave them their end', async () => {
    const { mfa } = redis.stores;
    const nowMs = await serverMs();
    await mfa.setPending('alice', { ...pending('one'), expiresAtMs: nowMs + HOUR });
    await mfa.addChallenge('d', { ...CHALLENGE, expiresAtMs: nowMs + HOUR });
    expect(await redis.client.pttl('bulwark:{d}:mfa-challenge:')).toBeGreaterThan(2 * HOUR - 5000);
    expect(await mfa.tryChallenge('d', nowMs)).toMatchObject({ spent: false });
    expect(await mfa.claimChallenge('d', nowMs)).toBe(true);
    expect(await mfa.confirm('alice', 'one', 1, [], nowMs)).toBe(true);
    await mfa.setPending('bob', { ...pending('two'), expiresAtMs: nowMs - 1 });
    await mfa.addChallenge('e', { ...CHALLENGE, expiresAtMs: nowMs - 1 });
    expect(await mfa.confirm('bob', 'two', 1, [], nowMs)).toBe(false);
    expect(await mfa.tryChallenge('e', nowMs)).toBeUndefined();
    expect(await mfa.claimChallenge('e', nowMs)).toBe(false);
  });
});
