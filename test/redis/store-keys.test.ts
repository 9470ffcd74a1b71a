/** What the stores ask of Redis, what they leave there, and what they do not believe. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canStart } from '../servers/shared.js';
import { ownRedis, type OwnRedis } from './own-redis.js';
import { apiKey, CHALLENGE, claim, DAY, HOUR, LOGIN, pending, POLICY, rotation, session, T } from './stored.js';

const MARKS = { tokenId: 't1', sessionId: 'a', subjectId: 'alice', stamp: '0000-5' };
const BEGIN = { key: 'k', owner: 'alice', digest: 'd', claim: 'c', nowMs: T, leaseMs: 60_000 };
const ANSWER = { kind: 'body', status: 201, headers: {}, body: '{}' } as const;
const ATTEMPTS = { limit: 10, windowMs: 900_000 };

describe.skipIf(!(await canStart('redis')))('the stores of Redis', () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await ownRedis();
  });
  afterAll(() => redis.close());
  beforeEach(async () => {
    await redis.client.flushall();
  });

  /** One of everything, so that each kind of key is there. */
  async function fill(): Promise<void> {
    const { sessions, revocations, nonces, tickets, idempotency, loginDefence, mfa, apiKeys } = redis.stores;
    await sessions.open(session('a'), 100, T);
    await revocations.deny(
      [
        { kind: 'token', id: 't1', untilMs: T + HOUR },
        { kind: 'session', id: 'x', untilMs: T + HOUR },
        { kind: 'subject', id: 'bob', before: '0000-6', untilMs: T + HOUR },
      ],
      T,
    );
    await nonces.spend('n', T + 1000, T);
    await tickets.spend('n', T + 1000, T);
    await idempotency.begin(BEGIN);
    await loginDefence.begin(LOGIN, POLICY, T, false);
    for (const account of ['a', 'b', 'c', 'd']) await loginDefence.fail({ ...LOGIN, account }, POLICY, T);
    await loginDefence.succeed({ ...LOGIN, account: 'bob' }, POLICY, T);
    await loginDefence.begin(LOGIN, POLICY, T, false);
    await mfa.setPending('alice', pending('one'));
    await mfa.confirm('alice', 'one', 100, ['r1', 'r2'], T);
    await mfa.setPending('alice', pending('two', 'one'));
    await mfa.countAttempt('alice', ATTEMPTS, T);
    await mfa.addChallenge('d', CHALLENGE);
    await apiKeys.add(apiKey('a'), 100, T);
  }

  /** What every store does, and how many commands that may take. */
  const CALLS: readonly (readonly [name: string, commands: number, call: () => Promise<unknown>])[] = [
    ['sessions.find', 1, () => redis.stores.sessions.find('a', T)],
    ['sessions.rotate', 1, () => redis.stores.sessions.rotate(claim('a', 'a-0', 'a-1'))],
    ['sessions.remove', 1, () => redis.stores.sessions.remove('a', T)],
    ['sessions.open', 2, () => redis.stores.sessions.open(session('a'), 100, T)],
    ['sessions.list', 2, () => redis.stores.sessions.list('alice', T)],
    ['sessions.removeAll', 3, () => redis.stores.sessions.removeAll('alice', undefined, T)],
    ['revocations.isDenied', 1, () => redis.stores.revocations.isDenied(MARKS, T)],
    [
      'revocations.deny',
      1,
      () =>
        redis.stores.revocations.deny(
          ['x', 'y', 'z'].map((id) => ({ kind: 'session', id, untilMs: T + HOUR })),
          T,
        ),
    ],
    ['nonces.spend', 1, () => redis.stores.nonces.spend('n', T + 1000, T)],
    ['idempotency.begin', 1, () => redis.stores.idempotency.begin(BEGIN)],
    ['idempotency.finish', 1, () => redis.stores.idempotency.finish({ ...BEGIN, answer: ANSWER, keepMs: HOUR })],
    ['idempotency.abandon', 1, () => redis.stores.idempotency.abandon(BEGIN)],
    ['loginDefence.begin', 1, () => redis.stores.loginDefence.begin(LOGIN, POLICY, T, false)],
    ['loginDefence.fail', 1, () => redis.stores.loginDefence.fail(LOGIN, POLICY, T)],
    ['loginDefence.succeed', 1, () => redis.stores.loginDefence.succeed(LOGIN, POLICY, T)],
    ['loginDefence.release', 1, () => redis.stores.loginDefence.release(LOGIN, POLICY, T)],
    ['mfa.setPending', 1, () => redis.stores.mfa.setPending('alice', pending('two', 'one'))],
    ['mfa.pending', 1, () => redis.stores.mfa.pending('alice')],
    ['mfa.confirm', 1, () => redis.stores.mfa.confirm('alice', 'two', 1, ['r'], T)],
    ['mfa.find', 1, () => redis.stores.mfa.find('alice')],
    ['mfa.reseal', 1, () => redis.stores.mfa.reseal('alice', { id: 'one', sealed: 's' })],
    ['mfa.claimStep', 1, () => redis.stores.mfa.claimStep('alice', 'one', 101)],
    ['mfa.setRecoveryCodes', 1, () => redis.stores.mfa.setRecoveryCodes('alice', ['r3'])],
    ['mfa.claimRecoveryCode', 1, () => redis.stores.mfa.claimRecoveryCode('alice', 'r1')],
    ['mfa.countAttempt', 1, () => redis.stores.mfa.countAttempt('alice', ATTEMPTS, T)],
    ['mfa.clearAttempts', 1, () => redis.stores.mfa.clearAttempts('alice')],
    ['mfa.remove', 1, () => redis.stores.mfa.remove('alice')],
    ['mfa.addChallenge', 1, () => redis.stores.mfa.addChallenge('d', CHALLENGE)],
    ['mfa.tryChallenge', 1, () => redis.stores.mfa.tryChallenge('d', T)],
    ['mfa.claimChallenge', 1, () => redis.stores.mfa.claimChallenge('d', T)],
    ['apiKeys.find', 1, () => redis.stores.apiKeys.find('a')],
    ['apiKeys.revoke', 1, () => redis.stores.apiKeys.revoke('a', T)],
    ['apiKeys.touch', 1, () => redis.stores.apiKeys.touch('a', T, 60_000)],
    ['apiKeys.add', 2, () => redis.stores.apiKeys.add(apiKey('a'), 100, T)],
    ['apiKeys.rotate', 3, () => redis.stores.apiKeys.rotate(rotation('a', 'a-1'))],
    ['apiKeys.list', 2, () => redis.stores.apiKeys.list('alice')],
  ];
  const callOf = (name: string) => CALLS.find(([each]) => each === name)![2];

  it.each(CALLS)('are asked for %s in %i command(s), all included', async (_name, commands, call) => {
    // Twice, on fresh keys: the first time makes the scripts known.
    let asked = 0;
    for (let time = 0; time < 2; time++) {
      await redis.client.flushdb();
      await fill();
      asked = await redis.commandsOf(call);
    }
    expect(asked).toBe(commands);
  });

  it('let every key go when it does not matter any more, but confirmed second factors', async () => {
    await fill();
    const keys = await redis.keys();
    const kinds = new Set(keys.map((key) => key.replace(/^bulwark:\{.*?\}:([a-z-]+):.*$/s, '$1')));
    expect([...kinds].sort()).toEqual([
      'answer',
      'api-key',
      'api-keys',
      'ds',
      'dt',
      'du',
      'login-account',
      'login-accounts',
      'login-address',
      'login-known',
      'login-pair',
      'login-stuffing',
      'mfa',
      'mfa-attempts',
      'mfa-challenge',
      'mfa-pending',
      'mfa-recovery',
      'nonce',
      'session',
      'sessions',
      'ticket',
    ]);
    const lives = await Promise.all(keys.map(async (key) => [key, await redis.client.pttl(key)] as const));
    const forGood = lives.filter(([, ms]) => ms < 0).map(([key]) => key);
    expect(forGood).toEqual(['bulwark:{alice}:mfa-recovery:', 'bulwark:{alice}:mfa:']);
    const longest = Math.max(...lives.map(([, ms]) => ms));
    expect(longest).toBeLessThanOrEqual(395 * DAY + 60_000);
  });

  it.each([
    ['sessions.rotate', 'bulwark:{a}:session:', 7 * DAY, 6 * DAY],
    ['idempotency.finish', 'bulwark:{k}:answer:', HOUR, HOUR - 60_000],
    ['apiKeys.rotate', 'bulwark:{a}:api-key:', 760 * DAY, 759 * DAY],
    ['apiKeys.rotate', 'bulwark:{alice}:api-keys:', 760 * DAY, 759 * DAY],
  ])('keep what %s made to last longer: %s', async (name, key, most, least) => {
    await fill();
    await callOf(name)();
    const ms = await redis.client.pttl(key);
    expect(ms).toBeGreaterThan(least);
    expect(ms).toBeLessThanOrEqual(most + 60_000);
  });

  it.each<[kind: string, most: number]>([
    ['session', 900],
    ['sessions', 160],
    ['dt', 110],
    ['ds', 100],
    ['du', 180],
    ['nonce', 130],
    ['answer', 350],
    ['api-key', 750],
    ['login-pair', 180],
    ['mfa', 450],
  ])('take little room: a %s at most %i bytes', async (kind, most) => {
    const { sessions, revocations, nonces, idempotency, loginDefence, mfa, apiKeys } = redis.stores;
    const uuid = '019b76da-a800-7000-8000-000000000000';
    const [sid, digest, seal] = ['x'.repeat(22), 'd'.repeat(43), 's'.repeat(170)];
    const subject = { id: uuid, authTimeMs: T, amr: ['pwd'], acr: 'aal1', roles: ['user'] };
    const device = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
    await sessions.open(session(sid, { subjectId: uuid, subject, device, currentDigest: digest }), 100, T);
    await sessions.rotate(claim(sid, digest, digest, { sealedNext: seal }));
    const untilMs = T + HOUR;
    await revocations.deny(
      [
        { kind: 'token', id: uuid, untilMs },
        { kind: 'session', id: sid, untilMs },
        { kind: 'subject', id: uuid, before: '019b76da-a800-7000', untilMs },
      ],
      T,
    );
    await nonces.spend(digest, untilMs, T);
    await idempotency.begin({ ...BEGIN, key: digest, digest, claim: 'c'.repeat(16) });
    await idempotency.finish({ ...BEGIN, key: digest, claim: 'c'.repeat(16), answer: ANSWER, keepMs: HOUR });
    await loginDefence.begin({ account: sid, address: '203.0.113.7' }, POLICY, T, false);
    await mfa.setPending(uuid, { ...pending(uuid), sealed: 's'.repeat(70) });
    await mfa.confirm(uuid, uuid, 58_907_520, [], T);
    await apiKeys.add(apiKey(sid, { ownerId: uuid, digest, roles: ['reporter'], cidrs: ['203.0.113.0/24'] }), 100, T);
    const key = (await redis.keys()).find((each) => each.includes(`:${kind}:`))!;
    const bytes = (await redis.client.memory('USAGE', key))!;
    expect(bytes, key).toBeGreaterThan(most / 2);
    expect(bytes, key).toBeLessThanOrEqual(most);
  });

  /** Some only put something there, or take it away. `nonces` and `tickets` ask whether anything is there: that is a no. */
  const READING = CALLS.filter(
    ([name]) =>
      !/nonces|clearAttempts|mfa\.remove|setPending|addChallenge|sessions\.open|loginDefence\.succeed/.test(name),
  );

  it.each(READING)('refuse what is of another type, for %s, and it is no outage', async (_name, _commands, call) => {
    await fill();
    for (const key of await redis.keys()) {
      await redis.client.del(key);
      await redis.client.xadd(key, '*', 'not', 'ours');
    }
    await expect(call()).rejects.toMatchObject({
      code: 'store_unavailable',
      status: 503,
      outage: false,
      headers: { 'Retry-After': '1' },
    });
    expect(await redis.stores.nonces.spend('other', T + 1000, T)).toBe(true);
  });

  it('take a nonce for spent, whatever is under its key', async () => {
    await redis.client.xadd('bulwark:{n}:nonce:', '*', 'not', 'ours');
    expect(await redis.stores.nonces.spend('n', T + 1000, T)).toBe(false);
    expect(await redis.stores.tickets.spend('n', T + 1000, T)).toBe(true);
  });

  it.each<[what: string, place: number, value: string, call: string]>([
    ['that ends sometime', 5, 'later', 'sessions.rotate'],
    ['that ends sometime', 5, 'later', 'sessions.find'],
    ['that never ends', 5, 'inf', 'sessions.find'],
    ['that never ends', 6, 'inf', 'sessions.rotate'],
    ['that ends at no time', 5, 'nan', 'sessions.rotate'],
    ['with a login that is no JSON', 1, '{"id":"a"', 'sessions.find'],
    ['with the login of another session', 1, '{"id":"b","subjectId":"alice","subject":{}}', 'sessions.find'],
    ['with the login of another subject', 1, '{"id":"a","subjectId":"root","subject":{}}', 'sessions.list'],
    ['with a login of nobody', 1, '{"id":"a","subjectId":"alice"}', 'sessions.find'],
  ])('refuse a session %s (%i = %s) for %s', async (_what, place, value, name) => {
    await fill();
    await redis.damageSession('a', place, value);
    await expect(callOf(name)()).rejects.toMatchObject({ code: 'store_unavailable', outage: false });
  });

  it.each(['sessions.find', 'sessions.rotate', 'sessions.remove'])(
    'refuse a session that is none, for %s',
    async (name) => {
      for (const value of ['', 'x', '\x93\x01', '{}']) {
        await redis.client.set('bulwark:{a}:session:', value);
        await expect(callOf(name)(), value).rejects.toMatchObject({ code: 'store_unavailable', outage: false });
      }
    },
  );

  it.each<[what: string, key: string, field: string, value: string | null, call: string]>([
    ['an answer of no kind', 'bulwark:{k}:answer:', 'answer', '{"kind":"x","status":200}', 'idempotency.begin'],
    ['an answer that is no JSON', 'bulwark:{k}:answer:', 'answer', 'ok', 'idempotency.begin'],
    ['a claim without an end', 'bulwark:{k}:answer:', 'until', null, 'idempotency.begin'],
    ['a key with rights that are no list', 'bulwark:{a}:api-key:', 'about', aboutWith('"*"'), 'apiKeys.find'],
    ['a key of another id', 'bulwark:{a}:api-key:', 'about', aboutWith('[]', 'b'), 'apiKeys.find'],
    ['a key without a digest', 'bulwark:{a}:api-key:', 'digest', null, 'apiKeys.find'],
    ['a key with former secrets that are none', 'bulwark:{a}:api-key:', 'former', '[["x"]]', 'apiKeys.find'],
    ['a key with former secrets that are none', 'bulwark:{a}:api-key:', 'former', 'x', 'apiKeys.rotate'],
    ['an authenticator without a secret', 'bulwark:{alice}:mfa:', 'sealed', null, 'mfa.find'],
    ['an authenticator without a step', 'bulwark:{alice}:mfa:', 'step', null, 'mfa.claimStep'],
    ['an enrolment without an end', 'bulwark:{alice}:mfa-pending:', 'expires', null, 'mfa.confirm'],
    ['a challenge that ends sometime', 'bulwark:{d}:mfa-challenge:', 'expires', 'later', 'mfa.tryChallenge'],
    ['failures without a number', 'bulwark:{logins}:login-address:203.0.113.7', 'next', 'later', 'loginDefence.begin'],
  ])('refuse %s (%s %s = %s) for %s', async (_what, key, field, value, name) => {
    await fill();
    expect(await redis.client.exists(key)).toBe(1);
    if (value === null) await redis.client.hdel(key, field);
    else await redis.client.hset(key, field, value);
    await expect(callOf(name)()).rejects.toMatchObject({ code: 'store_unavailable', outage: false });
  });

  it('refuse a denial that nobody can read', async () => {
    await redis.client.set('bulwark:{d25}:dt:t1', 'sometime');
    await expect(redis.stores.revocations.isDenied(MARKS, T)).rejects.toMatchObject({ code: 'store_unavailable' });
    await redis.client.flushdb();
    await redis.client.hset('bulwark:{d25}:du:alice', 'until', String(T + 1));
    await expect(redis.stores.revocations.isDenied(MARKS, T)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('never call one key by the name of another, whatever ids hold', async () => {
    const { sessions, mfa, nonces } = redis.stores;
    const ids = ['a', 'a}', '{a}', '}a{', '{', '', ':', 'a:session:', '\0', 'ä', 'a\u0308'];
    for (const id of ids) {
      await sessions.open(session(id, { subjectId: id }), 100, T);
      await mfa.setPending(id, pending(`p ${id}`));
      expect(await nonces.spend(id, T + 1000, T), id).toBe(true);
    }
    for (const id of ids) {
      expect(await sessions.find(id, T), id).toEqual(session(id, { subjectId: id }));
      expect((await sessions.list(id, T)).map((each) => each.id)).toEqual([id]);
      expect(await mfa.pending(id)).toEqual(pending(`p ${id}`));
    }
  });
});

function aboutWith(roles: string, id = 'a'): string {
  return `{"id":"${id}","name":"n","ownerId":"alice","roles":${roles},"scopes":[],"cidrs":[],"createdAtMs":1}`;
}
