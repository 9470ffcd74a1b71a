import { beforeEach, describe, expect, it } from 'vitest';
import {
  PostgresIdempotencyStore,
  PostgresMfaStore,
  PostgresRevocationStore,
  PostgresSpentStore,
} from '../../lib/postgres/index.js';
import { onEachDatabase } from './databases.js';

const T = 1_767_225_600_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

await onEachDatabase((name, database) => {
  describe(`what is over leaves ${name} with later writes, and not a moment too early:`, () => {
    const options = () => ({ schema: database().schema });
    const count = async (table: string): Promise<number> =>
      (await database().db.query(`SELECT 1 FROM ${database().schema}.${table}`)).rows.length;
    beforeEach(() => database().empty('mfa_challenges', 'denials', 'spent_ids', 'idempotent_answers'));

    it('challenges', async () => {
      const store = new PostgresMfaStore(database().db, options());
      const challenge = (expiresAtMs: number) => ({ userId: 'a', subject: '{}', expiresAtMs, attempts: 1 });
      for (let index = 0; index < 10; index++) await store.addChallenge(`old${index}`, challenge(T));
      await store.addChallenge('same day', challenge(T + DAY));
      expect(await count('mfa_challenges')).toBe(11);
      await store.addChallenge('later', challenge(T + DAY + 1));
      expect(await count('mfa_challenges')).toBe(4);
    });

    it('denials', async () => {
      const store = new PostgresRevocationStore(database().db, options());
      const denials = Array.from(
        { length: 40 },
        (_, index) => ({ kind: 'token', id: `t${index}`, untilMs: T }) as const,
      );
      await store.deny(denials, T - 1);
      await store.deny([{ kind: 'session', id: 's', untilMs: T + DAY }], T + HOUR - 1);
      expect(await count('denials')).toBe(41);
      await store.deny([], T + HOUR);
      expect(await count('denials')).toBe(9);
      expect(await store.isDenied({ tokenId: undefined, sessionId: 's', subjectId: '', stamp: '' }, T + HOUR)).toBe(
        true,
      );
    });

    it('spent ids, and one that is over may be spent again', async () => {
      const store = new PostgresSpentStore(database().db, 'nonce', options());
      for (let index = 0; index < 10; index++) expect(await store.spend(`n${index}`, T, T - 1)).toBe(true);
      expect(await store.spend('n0', T + 10, T - 1)).toBe(false);
      expect(await store.spend('n0', T + 10, T)).toBe(true);
      expect(await store.spend('n0', T + 20, T + 9)).toBe(false);
      expect(await count('spent_ids')).toBe(10);
      expect(await store.spend('n1', T + DAY, T + HOUR)).toBe(true);
      // Eight were over for an hour, one of them not the one that is spent anew; n0 was good for longer.
      expect(await count('spent_ids')).toBe(2);
    });

    it('spent ids of one kind are not those of another', async () => {
      const [nonces, tickets] = ['nonce', 'ticket'].map(
        (kind) => new PostgresSpentStore(database().db, kind, options()),
      );
      expect(await nonces!.spend('a', T + 1, T)).toBe(true);
      expect(await tickets!.spend('a', T + 1, T)).toBe(true);
      expect(await nonces!.spend('a', T + 1, T)).toBe(false);
      expect(() => new PostgresSpentStore(database().db, '')).toThrow(
        'PostgresSpentStore: kind: "" is not a non-empty string.',
      );
    });

    it('answers', async () => {
      const store = new PostgresIdempotencyStore(database().db, options());
      const begin = (key: string, nowMs: number) =>
        store.begin({ key, owner: 'o', digest: 'd', claim: key, nowMs, leaseMs: 1000 });
      for (let index = 0; index < 10; index++) await begin(`k${index}`, T - 1000);
      await begin('k0', T + HOUR - 1);
      expect(await count('idempotent_answers')).toBe(10);
      expect(await begin('k1', T + HOUR)).toEqual({ outcome: 'started' });
      expect(await count('idempotent_answers')).toBe(2);
      expect(await begin('k1', T + HOUR)).toEqual({ outcome: 'running' });
    });
  });
});
