/** What has to be there of a Postgres client? One method, which `pg.Pool` and PGlite have alike. */

import { optionError } from '../core/checks.js';

/** What statements are given: nothing that drivers write in ways of their own. */
export type PostgresParameter = string | number | null;

/**
 * Anything that runs a statement with parameters: `pg.Pool`, `PGlite`, or a function of your own around another driver. It is
 * the app's: it is never closed and never configured from here. No two statements are taken to share a connection.
 */
export interface PostgresClient {
  /** `$1` in the text is the first parameter. Rejects with what went wrong. */
  query(text: string, parameters?: PostgresParameter[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** @throws TypeError when this is no client. */
export function checkPostgresClient(option: string, client: unknown): PostgresClient {
  if (typeof (client as Partial<PostgresClient> | null | undefined)?.query === 'function')
    return client as PostgresClient;
  throw optionError(option, client, 'has no query()', "Use new Pool({ connectionString }) of 'pg', or a PGlite.");
}

/** What a `pg.Pool` has to be told, or it waits for ever for a server that is gone without a word. */
const WAITS = ['connectionTimeoutMillis', 'query_timeout'];

/** Those of them that a pool has not. A client of another kind has none of them, and none missing. */
export function missingWaits(client: PostgresClient): readonly string[] {
  const { options, totalCount } = client as { readonly options?: unknown; readonly totalCount?: unknown };
  if (typeof options !== 'object' || options === null || typeof totalCount !== 'number') return [];
  return WAITS.filter((name) => !((options as Readonly<Record<string, unknown>>)[name] as number | undefined));
}

/** Was it closed by the app? A pool says so in `ended`, PGlite in `closed`. */
export function isClosed(client: PostgresClient): boolean {
  const { ended, closed } = client as { readonly ended?: unknown; readonly closed?: unknown };
  return ended === true || closed === true;
}
