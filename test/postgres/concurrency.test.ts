import { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MOST_FORMER } from '../../lib/authentication/api-key/api-key-rotation.js';
import type { StoredApiKey } from '../../lib/authentication/api-key/api-key.store.js';
import type { RotationClaim, StoredSession } from '../../lib/authentication/sessions/session.store.js';
import {
  PostgresApiKeyStore,
  PostgresMfaStore,
  PostgresSessionStore,
  postgresStores,
} from '../../lib/postgres/index.js';
import { onRealDatabase } from './databases.js';

const T = 1_767_225_600_000;
const HOUR = 3_600_000;

const session = (id: string, change: Partial<StoredSession> = {}): StoredSession => ({
  id,
  subjectId: 'alice',
  subject: { id: 'alice' },
  createdAtMs: T,
  lastUsedAtMs: T,
  expiresAtMs: T + HOUR,
  absoluteExpiresAtMs: T + HOUR,
  currentDigest: `${id}-0`,
  ...change,
});
const claim = (sessionId: string, presented: string, next: string): RotationClaim => ({
  sessionId,
  presentedDigest: presented,
  nextDigest: next,
  sealedNext: `sealed ${next}`,
  fingerprint: 'phone',
  nowMs: T,
  graceMs: 10_000,
  idleMs: HOUR,
});
const key = (id: string): StoredApiKey => ({
  id,
  name: id,
  ownerId: 'alice',
  roles: [],
  scopes: [],
  cidrs: [],
  createdAtMs: T,
  secretSinceMs: T,
  expiresAtMs: T + HOUR,
  digest: `${id}-0`,
  former: [],
});
const times = <Answer>(count: number, ask: (index: number) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => ask(index)));

await onRealDatabase((_name, database, url) => {
  // As two processes would: a pool each.
  let other: Pool;
  let sessions: readonly PostgresSessionStore[];
  let keys: readonly PostgresApiKeyStore[];
  let factors: readonly PostgresMfaStore[];
  beforeAll(() => {
    const { db, schema } = database();
    other = new Pool({ connectionString: url, max: 10 });
    const stores = [postgresStores(db, { schema }), postgresStores(other, { schema })];
    sessions = stores.map((each) => each.sessions);
    keys = stores.map((each) => each.apiKeys);
    factors = stores.map((each) => each.mfa);
  });
  afterAll(() => other.end());
  beforeEach(() => database().empty('sessions', 'api_keys', 'second_factors', 'mfa_challenges'));

  describe('of what two processes ask at once', () => {
    it('exactly one of 64 rotations with one token rotates, and the others are told its successor', async () => {
      for (let round = 0; round < 10; round++) {
        const id = `s${round}`;
        await sessions[0]!.open(session(id), 100, T);
        const outcomes = await times(64, (index) =>
          sessions[index % 2]!.rotate(claim(id, `${id}-0`, `${id}-${index + 1}`)),
        );
        expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
        const seals = outcomes.flatMap((each) => (each.outcome === 'repeated' ? [each.sealedNext] : []));
        expect(seals).toHaveLength(63);
        expect(new Set(seals)).toEqual(new Set([`sealed ${(await sessions[1]!.find(id, T))!.currentDigest}`]));
      }
    });

    it('a spent token among many good ones ends the session, whoever comes first', async () => {
      await sessions[0]!.open(session('a'), 100, T);
      await sessions[0]!.rotate(claim('a', 'a-0', 'a-1'));
      await sessions[0]!.rotate(claim('a', 'a-1', 'a-2'));
      const outcomes = await times(64, (index) =>
        sessions[index % 2]!.rotate(claim('a', index === 20 ? 'a-0' : 'a-2', `a-3-${index}`)),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'reused').length).toBeGreaterThan(0);
      expect(outcomes.filter(({ outcome }) => outcome === 'rotated').length).toBeLessThanOrEqual(1);
      expect(await sessions[0]!.find('a', T)).toBeUndefined();
    });

    it('no more sessions are open than the limit, and each that went is told of once', async () => {
      const gone = await times(64, (index) => sessions[index % 2]!.open(session(`s${index}`), 5, T));
      expect(await sessions[0]!.list('alice', T)).toHaveLength(5);
      expect(gone.flat()).toHaveLength(59);
      expect(new Set(gone.flat()).size).toBe(59);
    });

    it('sessions that are opened, rotated, ended and listed get in nobody’s way', async () => {
      const limit = 8;
      const answers = await times(300, async (index) => {
        const store = sessions[index % 2]!;
        const id = `s${index % 40}`;
        if (index < 40) return store.open(session(id, { subjectId: `u${index % 3}` }), limit, T);
        if (index % 10 === 0) return store.removeAll(`u${index % 3}`, id, T);
        if (index % 5 === 0) return store.remove(id, T);
        if (index % 7 === 0) return store.list(`u${index % 3}`, T);
        return store.rotate(claim(id, `${id}-0`, `${id}-1`));
      });
      expect(answers).toHaveLength(300);
      for (const user of ['u0', 'u1', 'u2'])
        expect((await sessions[0]!.list(user, T)).length).toBeLessThanOrEqual(limit);
    });

    it('what ends all sessions of a subject ends those that are being rotated', async () => {
      await times(20, (index) => sessions[0]!.open(session(`s${index}`), 100, T));
      await Promise.all([
        ...Array.from({ length: 20 }, (_, index) =>
          sessions[0]!.rotate(claim(`s${index}`, `s${index}-0`, `s${index}-1`)),
        ),
        sessions[1]!.removeAll('alice', undefined, T),
        ...Array.from({ length: 20 }, (_, index) =>
          sessions[0]!.rotate(claim(`s${index}`, `s${index}-1`, `s${index}-2`)),
        ),
      ]);
      expect(await sessions[0]!.list('alice', T)).toEqual([]);
    });

    it('no more API keys are added than the limit, dead ones make room once', async () => {
      expect((await times(64, (index) => keys[index % 2]!.add(key(`k${index}`), 5, T))).filter(Boolean)).toHaveLength(
        5,
      );
      const [dead] = await keys[0]!.list('alice');
      await keys[0]!.revoke(dead!.id, T);
      expect((await times(64, (index) => keys[index % 2]!.add(key(`l${index}`), 5, T))).filter(Boolean)).toHaveLength(
        1,
      );
      expect(await keys[0]!.list('alice')).toHaveLength(5);
    });

    it('rotations of an API key lose no secret, and a revocation among them stands', async () => {
      await keys[0]!.add(key('a'), 5, T);
      const rotation = { id: 'a', nextExpiresAtMs: T + HOUR, overlapUntilMs: T + HOUR, nowMs: T };
      const outcomes = await times(64, (index) =>
        keys[index % 2]!.rotate({ ...rotation, nextDigest: `a-${index + 1}` }),
      );
      const rotated = outcomes.flatMap((each) => (each.outcome === 'rotated' ? [each.key.digest] : []));
      expect(rotated).toHaveLength(MOST_FORMER);
      const { digest, former } = (await keys[1]!.find('a'))!;
      expect([...former.map((each) => each.digest), digest].toSorted()).toEqual(['a-0', ...rotated].toSorted());
      const all = await times(64, async (index) =>
        index === 30
          ? keys[0]!.revoke('a', T + 1)
          : keys[1]!.rotate({ ...rotation, nextDigest: 'x', overlapUntilMs: T }),
      );
      expect(all[30]).toBe(true);
      expect((await keys[0]!.find('a'))!.revokedAtMs).toBe(T + 1);
    });

    it('one enrolment is confirmed, one code accepted, one recovery code spent', async () => {
      const pending = { id: 'one', sealed: 's', replaces: null, expiresAtMs: T + HOUR };
      await factors[0]!.setPending('alice', pending);
      const yes = (answers: readonly boolean[]) => answers.filter(Boolean).length;
      expect(yes(await times(64, (i) => factors[i % 2]!.confirm('alice', 'one', 1, ['r'], T)))).toBe(1);
      expect(yes(await times(64, (i) => factors[i % 2]!.claimStep('alice', 'one', 2)))).toBe(1);
      expect(yes(await times(64, (i) => factors[i % 2]!.claimRecoveryCode('alice', 'r')))).toBe(1);
      await factors[0]!.addChallenge('d', { userId: 'alice', subject: '{}', expiresAtMs: T + HOUR, attempts: 5 });
      const tries = await times(64, (i) => factors[i % 2]!.tryChallenge('d', T));
      expect(tries.filter((each) => each?.spent === false)).toHaveLength(5);
      expect(yes(await times(64, (i) => factors[i % 2]!.claimChallenge('d', T)))).toBe(1);
    });

    it('attempts are counted as if they came in a row, for a user who was never seen too', async () => {
      const rule = { limit: 10, windowMs: HOUR };
      const verdicts = await times(64, (i) => factors[i % 2]!.countAttempt('nobody', rule, T));
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(10);
      expect(verdicts.filter(({ retryAfterMs }) => retryAfterMs === HOUR)).toHaveLength(54);
    });
  });

  it('a step that the server takes back is made again: at REPEATABLE READ claims still come through once', async () => {
    const strict = new Pool({
      connectionString: url,
      max: 8,
      options: '-c default_transaction_isolation=repeatable\\ read',
    });
    try {
      const store = new PostgresSessionStore(strict, { schema: database().schema });
      await sessions[0]!.open(session('a'), 100, T);
      const outcomes = await times(8, (index) => store.rotate(claim('a', 'a-0', `a-${index + 1}`)));
      expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual([
        ...Array<string>(7).fill('repeated'),
        'rotated',
      ]);
      // What waits for a lock would see the time before it: it refuses to guess.
      await expect(store.open(session('b'), 5, T)).rejects.toMatchObject({ code: 'store_unavailable', outage: false });
    } finally {
      await strict.end();
    }
  });

  it('sessions that ended long ago leave with the logins of others, a few at a time', async () => {
    const { db, schema } = database();
    await times(20, (index) => sessions[0]!.open(session(`old${index}`, { subjectId: `u${index}` }), 5, T));
    const count = async () => (await db.query(`SELECT id FROM ${schema}.sessions`)).rows.length;
    const DAY = 24 * HOUR;
    const late = {
      createdAtMs: T + DAY,
      lastUsedAtMs: T + DAY,
      expiresAtMs: T + 9 * DAY,
      absoluteExpiresAtMs: T + 9 * DAY,
    };
    await sessions[0]!.open(session('new', late), 5, T + DAY);
    expect(await count()).toBe(21);
    await sessions[0]!.open(session('newer', late), 5, T + HOUR + DAY);
    expect(await count()).toBe(14);
  });
});
