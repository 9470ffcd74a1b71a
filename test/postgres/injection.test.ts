import { Client } from 'pg';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredApiKey } from '../../lib/authentication/api-key/api-key.store.js';
import type { StoredSession } from '../../lib/authentication/sessions/session.store.js';
import { migrate, PostgresApiKeyStore, PostgresMfaStore, PostgresSessionStore } from '../../lib/postgres/index.js';
import { onEachDatabase, onRealDatabase, randomSchema } from './databases.js';

const T = 1_767_225_600_000;

/** As ids, names, digests: each of them is nothing but a text. */
const TEXTS = [
  "' OR '1'='1",
  "'; DROP TABLE sessions; --",
  "x'); DELETE FROM api_keys; --",
  '"; DROP SCHEMA public CASCADE; --',
  "\\'; SELECT pg_sleep(10); --",
  "' UNION SELECT digest FROM api_keys --",
  '$1',
  '$$; DROP TABLE sessions; $$',
  '{"id":"alice"}',
  '{a,b}',
  'NULL',
  '%',
  '␛0000',
  'a\u0000b',
  'half \ud800 of a character',
  '__proto__',
  'long '.repeat(2_000),
];

await onEachDatabase((name, database) => {
  describe(`on ${name}`, () => {
    beforeEach(() => database().empty('sessions', 'api_keys', 'second_factors', 'mfa_challenges'));

    it.each(TEXTS)('a session of %j is that one and no other', async (text) => {
      const { db, schema } = database();
      const store = new PostgresSessionStore(db, { schema, time: 'caller' });
      const session = (id: string, subjectId: string): StoredSession => ({
        id,
        subjectId,
        subject: { id: subjectId, roles: [text], claims: { [text]: text } },
        device: text,
        createdAtMs: T,
        lastUsedAtMs: T,
        expiresAtMs: T + 1000,
        absoluteExpiresAtMs: T + 1000,
        currentDigest: text,
      });
      // A session's id is ours; everything else may be of anybody's making.
      await store.open(session('one', text), 5, T);
      await store.open(session('other', 'bob'), 5, T);
      expect(await store.find('one', T)).toEqual(session('one', text));
      expect((await store.list(text, T)).map(({ id }) => id)).toEqual(['one']);
      expect(await store.find(text, T)).toBeUndefined();
      expect(await store.remove(text, T)).toBe(false);
      const claim = { presentedDigest: text, nextDigest: text, sealedNext: text, fingerprint: text };
      const times = { nowMs: T, graceMs: 10, idleMs: 1000 };
      expect(await store.rotate({ sessionId: text, ...claim, ...times })).toEqual({ outcome: 'unknown' });
      expect(await store.rotate({ sessionId: 'one', ...claim, ...times })).toEqual({ outcome: 'rotated' });
      expect((await store.find('one', T))?.previous).toEqual({
        digest: text,
        sealedNext: text,
        fingerprint: text,
        rotatedAtMs: T,
      });
      expect(await store.rotate({ sessionId: 'one', ...claim, ...times, presentedDigest: 'x' })).toEqual({
        outcome: 'reused',
        subjectId: text,
      });
      expect(await store.removeAll(text, undefined, T)).toEqual([]);
      expect((await store.list('bob', T)).map(({ id }) => id)).toEqual(['other']);
    });

    it.each(TEXTS)('an API key of %j is that one and no other', async (text) => {
      const { db, schema } = database();
      const store = new PostgresApiKeyStore(db, { schema, time: 'caller' });
      const key = (id: string, ownerId: string): StoredApiKey => ({
        id,
        name: text,
        ownerId,
        roles: [text],
        scopes: [text, text],
        tier: text,
        cidrs: [text],
        createdAtMs: T,
        secretSinceMs: T,
        expiresAtMs: T + 1000,
        digest: text,
        former: [{ digest: text, supersededAtMs: T, untilMs: T + 500 }],
      });
      await store.add(key('one', text), 5, T);
      await store.add(key('other', 'bob'), 5, T);
      expect(await store.find('one')).toEqual(key('one', text));
      expect(await store.list(text)).toEqual([key('one', text)]);
      expect(await store.find(text)).toBeUndefined();
      expect(await store.revoke(text, T)).toBe(false);
      const rotation = { nextDigest: `${text}2`, nextExpiresAtMs: T + 2000, overlapUntilMs: T + 900, nowMs: T };
      expect(await store.rotate({ id: text, ...rotation })).toEqual({ outcome: 'unknown' });
      const after = await store.rotate({ id: 'one', ...rotation });
      expect(after).toMatchObject({ outcome: 'rotated', key: { digest: `${text}2`, name: text, ownerId: text } });
      expect(after.outcome === 'rotated' && after.key.former.map(({ digest }) => digest)).toEqual([text, text]);
      expect(await store.list('bob')).toEqual([key('other', 'bob')]);
    });

    it.each(TEXTS)('a second factor of %j is that one and no other', async (text) => {
      const { db, schema } = database();
      const store = new PostgresMfaStore(db, { schema, time: 'caller' });
      await store.setPending('bob', { id: 'b', sealed: 'b', replaces: null, expiresAtMs: T + 1 });
      await store.setPending(text, { id: text, sealed: text, replaces: null, expiresAtMs: T + 1 });
      expect(await store.pending(text)).toEqual({ id: text, sealed: text, replaces: null, expiresAtMs: T + 1 });
      expect(await store.confirm(text, text, 1, [text, 'r'], T)).toBe(true);
      expect(await store.find(text)).toEqual({ id: text, sealed: text });
      expect(await store.claimRecoveryCode('bob', text)).toBe(false);
      expect(await store.claimRecoveryCode(text, text)).toBe(true);
      expect(await store.claimRecoveryCode(text, text)).toBe(false);
      expect(await store.claimRecoveryCode(text, 'r')).toBe(true);
      await store.remove(text);
      expect(await store.find(text)).toBeUndefined();
      expect(await store.pending('bob')).toMatchObject({ id: 'b' });
      const challenge = { userId: text, subject: text, expiresAtMs: T + 1, attempts: 1 };
      await store.addChallenge('d', challenge);
      expect(await store.tryChallenge('d', T)).toEqual({ challenge, spent: false });
      expect(await store.claimChallenge(text.slice(0, 100), T)).toBe(false);
    });
  });
});

await onRealDatabase((_name, database, url) => {
  it('nobody’s own tables and functions stand in for ours or for those of Postgres', async () => {
    const { schema } = database();
    const theirs = randomSchema();
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(`CREATE SCHEMA ${theirs}`);
      await client.query(`SET search_path = ${theirs}, public`);
      await client.query('CREATE TEMP TABLE sessions (id text, trap text)');
      await client.query(`CREATE TABLE ${theirs}.migrations (trap text)`);
      const trap = (signature: string, returns: string) =>
        client.query(`CREATE FUNCTION ${theirs}.${signature} RETURNS ${returns} LANGUAGE plpgsql
          AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$`);
      await trap('hashtextextended(text, integer)', 'bigint');
      await trap(`row_to_json(${schema}.sessions)`, 'json');
      await trap('to_regclass(text)', 'regclass');
      expect(await migrate(client, { schema: randomSchema() })).toBe(await migrate(client, { schema }));
      const store = new PostgresSessionStore(client, { schema, time: 'caller' });
      const times = { createdAtMs: T, lastUsedAtMs: T, expiresAtMs: T + 9, absoluteExpiresAtMs: T + 9 };
      await store.open({ id: 's', subjectId: 'alice', subject: { id: 'alice' }, currentDigest: 'd', ...times }, 5, T);
      expect(await store.find('s', T)).toMatchObject({ subjectId: 'alice' });
      expect((await client.query('SELECT * FROM pg_temp.sessions')).rows).toEqual([]);
    } finally {
      await client.query(`DROP SCHEMA ${theirs} CASCADE`);
      await client.end();
    }
  });
});
