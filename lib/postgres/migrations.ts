/** Which migrations are there, and what does each one say? The .sql files beside this file are the truth. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * In the order in which they are applied. What was released is never changed: another one is added. With each the version that
 * a library has to know, at least, to go on after it: one that only adds lets all of them go on.
 */
const ALL: readonly (readonly [name: string, compatibleFrom: number])[] = [
  ['001-sessions', 1],
  ['002-api-keys', 1],
  ['003-second-factors', 1],
  ['004-audit-log', 1],
  ['005-revocations', 1],
  ['006-spent-ids', 1],
  ['007-idempotent-answers', 1],
];

/** What this version of the library knows. */
export const LATEST_VERSION = ALL.length;

export interface Migration {
  readonly version: number;
  /** `001-sessions` */
  readonly name: string;
  /** A library that knows this version, or a later one, goes on when the migration was applied. */
  readonly compatibleFrom: number;
  /** Names no schema: it is run with the schema as the first one of the search path. */
  readonly sql: string;
  /** SHA-256 of the text, in hex. */
  readonly digest: string;
}

export function readMigrations(): Promise<Migration[]> {
  return Promise.all(ALL.map(([name, compatibleFrom], index) => readMigration(name, compatibleFrom, index + 1)));
}

async function readMigration(name: string, compatibleFrom: number, version: number): Promise<Migration> {
  const text = await readFile(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8');
  // A checkout with other line ends is the same migration.
  const sql = text.replaceAll('\r\n', '\n');
  const digest = createHash('sha256').update(sql).digest('hex');
  return { version, name, compatibleFrom, sql, digest };
}
