/** Which migrations are there, and what does each one say? The .sql files beside this file are the truth. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** In the order in which they are applied. What was released is never changed: another one is added. */
const NAMES = [
  '001-sessions',
  '002-api-keys',
  '003-second-factors',
  '004-audit-log',
  '005-revocations',
  '006-spent-ids',
  '007-idempotent-answers',
] as const;

/** What this version of the library knows. */
export const LATEST_VERSION = NAMES.length;

export interface Migration {
  readonly version: number;
  /** `001-sessions` */
  readonly name: string;
  /** Names no schema: it is run with the schema as the first one of the search path. */
  readonly sql: string;
  /** SHA-256 of the text, in hex. */
  readonly digest: string;
}

export function readMigrations(): Promise<Migration[]> {
  return Promise.all(NAMES.map(readMigration));
}

async function readMigration(name: string, index: number): Promise<Migration> {
  const text = await readFile(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8');
  // A checkout with other line ends is the same migration.
  const sql = text.replaceAll('\r\n', '\n');
  return { version: index + 1, name, sql, digest: createHash('sha256').update(sql).digest('hex') };
}
