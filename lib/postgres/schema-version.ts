/** Was the database migrated, and by a version of the library that this one gets on with? */

import { LATEST_VERSION } from './migrations.js';
import { isNotMigrated } from './postgres-failure.js';

/** Stops the boot: the database is there, and waiting does not mend it. */
export class NotMigrated extends Error {
  override readonly name = 'NotMigrated';

  constructor(problem: string, fix = 'Call `await migrate(pool)` before the app starts, with the same schema.') {
    super(`postgres: ${problem}. ${fix}`);
  }
}

/**
 * @param schema Quoted.
 * @throws NotMigrated when the stores would find no table, or one that they do not know.
 * @throws the client's error.
 */
export async function checkSchemaVersion(
  query: (text: string) => Promise<readonly unknown[]>,
  schema: string,
): Promise<void> {
  const rows = await query(
    `SELECT max(version)::text AS version, max(compatible_from)::text AS compatible_from FROM ${schema}.migrations`,
  );
  const { version, compatible_from } = (rows[0] ?? {}) as Readonly<Record<string, string | null | undefined>>;
  const [found, from] = [Number(version ?? 0), Number(compatible_from ?? 0)];
  if (found < LATEST_VERSION)
    throw new NotMigrated(`schema ${schema} is at version ${found}, and this library needs ${LATEST_VERSION}`);
  if (from > LATEST_VERSION)
    throw new NotMigrated(
      `schema ${schema} is for libraries that know version ${from}; this one knows ${LATEST_VERSION}`,
      'Update it.',
    );
}

/** What was thrown, if it says that there is no schema, or none that these stores can use. */
export function notMigratedFrom(error: unknown, schema: string): NotMigrated | undefined {
  if (error instanceof NotMigrated) return error;
  return isNotMigrated(error) ? new NotMigrated(`schema ${schema} has none of the library's tables`) : undefined;
}
