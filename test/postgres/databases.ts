/** The databases that tests run on: one inside this process, and a real server where there is one. */

import { randomBytes } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { migrate, type PostgresClient } from '../../lib/postgres/index.js';
import { sharedPostgres } from '../servers/shared.js';

export interface TestDatabase {
  readonly db: PostgresClient;
  /** Nobody else's, and migrated. */
  readonly schema: string;
  /** Takes every row out of tables. */
  empty(...tables: string[]): Promise<void>;
}

/** Takes a second to start, so that the files of a worker share one, each within a schema of its own. */
let started: Promise<PGlite> | undefined;

export function embeddedDatabase(): Promise<PGlite> {
  return (started ??= PGlite.create());
}

export function randomSchema(): string {
  return `test_${randomBytes(5).toString('hex')}`;
}

/** Runs a suite on PGlite, and on Postgres through a pool. */
export async function onEachDatabase(suite: (name: string, database: () => TestDatabase) => void): Promise<void> {
  describe('PGlite', () => {
    onDatabase('PGlite', suite, embeddedDatabase, randomSchema());
  });
  await onRealDatabase(suite);
}

/** Runs a suite on Postgres only: what needs connections that do not wait for each other. */
export async function onRealDatabase(
  suite: (name: string, database: () => TestDatabase, url: string) => void,
): Promise<void> {
  const server = await sharedPostgres();
  describe.skipIf(!server)('Postgres', () => {
    const { url, schema } = server ?? { url: '', schema: 'none' };
    const pool = new Pool({ connectionString: url, max: 20 });
    onDatabase(
      'Postgres',
      (name, database) => suite(name, database, url),
      () => pool,
      schema,
    );
    afterAll(async () => {
      await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await pool.end();
    });
  });
}

function onDatabase(
  name: string,
  suite: (name: string, database: () => TestDatabase) => void,
  open: () => PostgresClient | Promise<PostgresClient>,
  schema: string,
): void {
  let database: TestDatabase;
  beforeAll(async () => {
    const db = await open();
    await migrate(db, { schema });
    const empty = async (...tables: string[]): Promise<void> => {
      for (const table of tables) await db.query(`DELETE FROM ${schema}.${table}`);
    };
    database = { db, schema, empty };
  });
  suite(name, () => database);
}
