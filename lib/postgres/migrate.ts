/** Brings a database to the version that the stores need. */

import { checkKeys } from '../core/checks.js';
import { LATEST_VERSION, readMigrations, type Migration } from './migrations.js';
import { checkPostgresClient, type PostgresClient } from './postgres-client.js';
import { quotedSchema } from './schema-name.js';

export interface MigrateOptions {
  /** Where our tables stand; made where it is not there. Default `bulwark`. */
  readonly schema?: string;
}

/**
 * Applies the migrations that are missing, all or none, under an advisory lock: of any number of processes that start at
 * once one does it, and the others wait and find it done. Where nothing is missing it needs no right but to read.
 *
 * @returns the version that this library knows. A newer library may have gone further: where that only added, this one goes on.
 * @throws TypeError when it is no client, or an option is wrong.
 * @throws the client's error: what the database said. Where a newer version of the library has changed what this one needs, or a migration
 * was changed after it was applied, nothing is done.
 *
 * @example
 * const pool = new Pool({ connectionString: process.env.DATABASE_URL });
 * await migrate(pool);
 */
export async function migrate(db: PostgresClient, options: MigrateOptions = {}): Promise<number> {
  checkKeys('migrate', options, ['schema']);
  const schema = quotedSchema('migrate.schema', options.schema);
  await checkPostgresClient('migrate', db).query(script(schema, await readMigrations()));
  return LATEST_VERSION;
}

/** What `migrate()` runs, for a role with more rights than the app's: one statement, to be given to `psql` as it is. */
export async function migrationScript(options: MigrateOptions = {}): Promise<string> {
  checkKeys('migrationScript', options, ['schema']);
  return `${script(quotedSchema('migrationScript.schema', options.schema), await readMigrations())};\n`;
}

/**
 * One statement, so that it is one transaction on one connection whatever stands between: a pool, PgBouncer. A DO block takes
 * no parameters; what is put into its text are our own files and a schema name that was checked.
 */
function script(schema: string, migrations: readonly Migration[]): string {
  return `DO $bulwark_migrate$
DECLARE
  v_search_path text := pg_catalog.current_setting('search_path');
  v_version integer;
  v_compatible_from integer;
BEGIN
  -- What is called below is Postgres's own, whatever stands in the caller's search path.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

  -- One at a time, whoever starts first.
  PERFORM pg_advisory_xact_lock(hashtextextended('bulwark migrate ${schema}', 0));

  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'nestjs-bulwark: the encoding of this database is %, and has to be UTF8',
      current_setting('server_encoding') USING ERRCODE = 'feature_not_supported';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'nestjs-bulwark: default_transaction_isolation is %, and has to be read committed',
      current_setting('transaction_isolation') USING ERRCODE = 'feature_not_supported';
  END IF;

  IF to_regnamespace('${schema}') IS NULL THEN
    CREATE SCHEMA ${schema};
  END IF;
  IF to_regclass('${schema}.migrations') IS NULL THEN
    CREATE TABLE ${schema}.migrations (
      version integer PRIMARY KEY,
      name text NOT NULL,
      digest text NOT NULL,
      -- The version that a library has to know to go on from here.
      compatible_from integer NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    );
  END IF;

  SELECT coalesce(max(version), 0), coalesce(max(compatible_from), 0) INTO v_version, v_compatible_from
  FROM ${schema}.migrations;
  IF v_compatible_from > ${LATEST_VERSION} THEN
    RAISE EXCEPTION 'nestjs-bulwark: schema % was migrated to version %, for libraries that know version %; this one knows ${LATEST_VERSION}',
      '${schema}', v_version, v_compatible_from USING ERRCODE = 'feature_not_supported', HINT = 'Update the library.';
  END IF;

  -- pg_temp last: nobody's temporary table may stand in for one of ours.
  PERFORM set_config('search_path', '${schema}, pg_temp', true);
${migrations.map((migration) => step(schema, migration)).join('')}
  PERFORM set_config('search_path', v_search_path, true);
END
$bulwark_migrate$`;
}

function step(schema: string, { version, name, compatibleFrom, sql, digest }: Migration): string {
  return `
  IF EXISTS (SELECT FROM ${schema}.migrations WHERE version = ${version} AND digest <> '${digest}') THEN
    RAISE EXCEPTION 'nestjs-bulwark: migration ${name} is not the one that was applied to schema %', '${schema}'
      USING ERRCODE = 'feature_not_supported', HINT = 'A released migration never changes: install the library anew.';
  END IF;
  IF v_version < ${version} THEN
    EXECUTE $bulwark_sql$
${sql}$bulwark_sql$;
    INSERT INTO ${schema}.migrations (version, name, digest, compatible_from)
    VALUES (${version}, '${name}', '${digest}', ${compatibleFrom});
  END IF;
`;
}
