import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/core/clock.js';
import { SecurityEvents } from '../../lib/core/events.js';
import {
  allPostgresStores,
  migrate,
  migrationScript,
  PostgresAuditLog,
  PostgresGate,
  PostgresSessionStore,
  verifyAuditChain,
  type PostgresClient,
} from '../../lib/postgres/index.js';
import { filesBelow, ROOT } from '../architecture/sources.js';
import { sharedPostgres } from '../servers/shared.js';
import { embeddedDatabase, onEachDatabase, randomSchema } from './databases.js';

const FOLDER = join(ROOT, 'lib/postgres/migrations');
const COUNT = filesBelow(FOLDER).length;

interface Applied {
  readonly version: number;
  readonly name: string;
}

const nobody = { events: new SecurityEvents(), clock: systemClock };

const applied = async (db: PostgresClient, schema: string): Promise<readonly Applied[]> =>
  (await db.query(`SELECT version, name FROM ${schema}.migrations ORDER BY version`)).rows as Applied[];

describe('the migrations', () => {
  const files = filesBelow(FOLDER);

  it('are SQL files with a number and a name, without a gap', () => {
    const numbers = files.map((file) => Number(/^(\d{3})-[a-z]+(?:-[a-z]+)*\.sql$/.exec(file)?.[1]));
    expect(numbers).toEqual(files.map((_, index) => index + 1));
  });

  it.each(files)('%s says at its top what it is about, names no schema and ends no transaction', (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    expect(text).toMatch(/^-- [A-Z]/);
    expect(text).not.toMatch(/\bbulwark\b|\bpublic\.|\bCOMMIT\b|\bROLLBACK\b|\$bulwark/i);
    // Functions see our tables whatever the caller's search path, and no temporary ones in their place.
    const bodies = text.match(/CREATE FUNCTION [^]*?\$function\$/g) ?? [];
    const open = bodies.filter(
      (body) => !body.includes('RETURNS trigger') && !body.includes('SET search_path FROM CURRENT'),
    );
    expect(open).toEqual([]);
  });

  it('are all applied', async () => {
    const db = await embeddedDatabase();
    const schema = randomSchema();
    expect(await migrate(db, { schema })).toBe(files.length);
    expect((await applied(db, schema)).map(({ name }) => `${name}.sql`)).toEqual(files);
  });
});

await onEachDatabase((name, database) => {
  describe(`migrate() on ${name}`, () => {
    it('does nothing the second time, and keeps what is there', async () => {
      const { db, schema } = database();
      const store = new PostgresSessionStore(db, { schema });
      const times = { createdAtMs: 1, lastUsedAtMs: 1, expiresAtMs: 9, absoluteExpiresAtMs: 9 };
      await store.open({ id: 's', subjectId: 'alice', subject: { id: 'alice' }, currentDigest: 'd', ...times }, 5, 1);
      const before = await applied(db, schema);
      await migrate(db, { schema });
      expect(await applied(db, schema)).toEqual(before);
      expect(await store.find('s', 1)).toMatchObject({ id: 's' });
    });

    it('leaves the search path of the connection as it was', async () => {
      const { db } = database();
      const path = async () => (await db.query('SHOW search_path')).rows[0];
      const before = await path();
      await migrate(db, { schema: randomSchema() });
      expect(await path()).toEqual(before);
    });

    /** What a newer version of the library leaves behind, for those that know version `from`. */
    const migratedFurther = async (db: PostgresClient, from: number): Promise<string> => {
      const schema = randomSchema();
      await migrate(db, { schema });
      await db.query(
        `INSERT INTO ${schema}.migrations (version, name, digest, compatible_from) VALUES (99, '099-later', 'x', ${from})`,
      );
      return schema;
    };

    it('lets a process of the version before start again where a newer one has only added to the schema', async () => {
      const { db } = database();
      const schema = await migratedFurther(db, COUNT);
      expect(await migrate(db, { schema })).toBe(COUNT);
      const stop = await new PostgresGate(db, { schema }).connect(nobody);
      stop();
    });

    it('refuses a schema that a newer version has changed, and touches nothing', async () => {
      const { db } = database();
      const schema = await migratedFurther(db, COUNT + 1);
      await expect(migrate(db, { schema })).rejects.toThrow(
        /was migrated to version 99, for libraries that know version/,
      );
      await expect(new PostgresGate(db, { schema }).connect(nobody)).rejects.toThrow(
        /this one knows \d+\. Update it\./,
      );
      await expect(migrate(db, { schema })).rejects.toMatchObject({ code: '0A000', hint: 'Update the library.' });
    });

    it('refuses where a migration is not the one that was applied', async () => {
      const { db } = database();
      const schema = randomSchema();
      await migrate(db, { schema });
      await db.query(`UPDATE ${schema}.migrations SET digest = 'another' WHERE version = 2`);
      await expect(migrate(db, { schema })).rejects.toThrow(/002-api-keys is not the one that was applied/);
    });

    it('applies all or none', async () => {
      const { db } = database();
      const schema = randomSchema();
      // In the way of the third one.
      await db.query(`CREATE SCHEMA ${schema}`);
      await db.query(`CREATE TABLE ${schema}.second_factors (nothing text)`);
      await expect(migrate(db, { schema })).rejects.toMatchObject({ code: '42P07' });
      const { rows } = await db.query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [schema]);
      expect(rows).toEqual([{ tablename: 'second_factors' }]);
      await db.query(`DROP TABLE ${schema}.second_factors`);
      await migrate(db, { schema });
      expect(await applied(db, schema)).toHaveLength(COUNT);
    });

    it('is one statement that somebody with more rights can run', async () => {
      const { db } = database();
      const schema = randomSchema();
      await db.query(await migrationScript({ schema }));
      expect(await applied(db, schema)).toHaveLength(COUNT);
      await migrate(db, { schema });
    });

    it.each(['', 'Shop', 'a-b', '1a', 'a b', 'a"; DROP SCHEMA public; --', 'pg_mine', 'ä', 'a'.repeat(64), 7, null])(
      'takes %j for no schema',
      async (schema) => {
        const option = { schema: schema as string };
        await expect(migrate(database().db, option)).rejects.toThrow(
          /^migrate\.schema: .* is no name for a schema\. Use /,
        );
      },
    );

    it('names the option that is wrong', async () => {
      const { db } = database();
      await expect(migrate({} as PostgresClient)).rejects.toThrow('migrate: an object has no query(). Use new Pool(');
      await expect(migrate(db, { shema: 'x' } as object)).rejects.toThrow('Did you mean `migrate.schema`?');
    });
  });
});

const server = await sharedPostgres();

describe.skipIf(!server)('migrate() by processes and roles', () => {
  const { url, schema } = server ?? { url: '', schema: 'none' };
  const pool = new Pool({ connectionString: url, max: 10 });
  afterAll(async () => {
    await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await pool.end();
  });

  it('lets one of many that start at once do it, and the others find it done', async () => {
    expect(await Promise.all(Array.from({ length: 10 }, () => migrate(pool, { schema })))).toEqual(
      Array(10).fill(COUNT),
    );
    expect(await applied(pool, schema)).toHaveLength(COUNT);
  });

  it('needs no right but to read where nothing is missing; the stores need none to change tables', async () => {
    await migrate(pool, { schema });
    const role = `${schema}_app`;
    await pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'app'`);
    // As the documents say.
    const [, grants] = /```sql\n(GRANT [^]*?)```/.exec(readFileSync(join(ROOT, 'docs/postgres.md'), 'utf8'))!;
    await pool.query(grants!.replaceAll('TO app;', `TO ${role};`).replaceAll(/\bbulwark\b/g, schema));
    const appUrl = new URL(url);
    [appUrl.username, appUrl.password] = [role, 'app'];
    const client = new Client({ connectionString: appUrl.href });
    await client.connect();
    try {
      expect(await migrate(client, { schema })).toBe(COUNT);
      const stores = allPostgresStores(client, { schema });
      const times = { createdAtMs: 1, lastUsedAtMs: 1, expiresAtMs: 9, absoluteExpiresAtMs: 9 };
      const login = { id: 's', subjectId: 'alice', subject: { id: 'alice' }, currentDigest: 'd', ...times };
      await stores.sessions.open(login, 5, 1);
      expect(await stores.sessions.remove('s', 1)).toBe(true);
      const secret = { digest: 'd', createdAtMs: 1, secretSinceMs: 1, expiresAtMs: 9, former: [] };
      await stores.apiKeys.add(
        { id: 'k', name: 'k', ownerId: 'alice', roles: [], scopes: [], cidrs: [], ...secret },
        5,
        1,
      );
      expect(await stores.apiKeys.revoke('k', 1)).toBe(true);
      await stores.mfa.setPending('alice', { id: 'm', sealed: 's', replaces: null, expiresAtMs: 9 });
      await stores.mfa.addChallenge('c', { userId: 'alice', subject: '{}', expiresAtMs: 9, attempts: 1 });
      expect(await stores.mfa.claimChallenge('c', 1)).toBe(true);
      await stores.revocations.deny([{ kind: 'token', id: 't', untilMs: 9 }], 1);
      expect(await stores.tickets.spend('n', 9, 1)).toBe(true);
      const asked = { key: 'i', claim: 'c', digest: 'd', owner: 'o', nowMs: 1, leaseMs: 9 };
      expect(await stores.idempotency.begin(asked)).toEqual({ outcome: 'started' });
      await stores.idempotency.abandon(asked);
      const log = new PostgresAuditLog(client, { schema });
      log.write({ kind: 'app', name: 'hello', level: 'info', timeMs: 1, subject: {} });
      await log.flush();
      expect(await verifyAuditChain(client, { schema })).toMatchObject({ intact: true, rows: 1 });
      await expect(client.query(`DELETE FROM ${schema}.audit_log`)).rejects.toMatchObject({ code: '42501' });
      await expect(client.query(`INSERT INTO ${schema}.migrations VALUES (99)`)).rejects.toMatchObject({
        code: '42501',
      });
      await expect(client.query(`DROP TABLE ${schema}.sessions`)).rejects.toMatchObject({ code: '42501' });
      await expect(migrate(client, { schema: randomSchema() })).rejects.toMatchObject({ code: '42501' });
    } finally {
      await client.end();
      await pool.query(`DROP OWNED BY ${role}`);
      await pool.query(`DROP ROLE ${role}`);
    }
  });
});
