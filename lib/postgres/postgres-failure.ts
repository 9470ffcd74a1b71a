/** What does it mean that a statement failed? */

import { StoreUnavailableError } from '../core/store-unavailable.js';

/** What these stores are called in events and errors. */
export const POSTGRES = 'postgres';

/** Nothing was answered in time: it may have happened, or still happen. */
export class PostgresTimeout extends Error {
  override readonly name = 'PostgresTimeout';
}

/** A standby, or a database that was set to read only: it would answer every probe, and refuse every write. */
export class PostgresReadOnly extends Error {
  override readonly name = 'PostgresReadOnly';
  readonly code = '25006';
}

export interface PostgresFailure {
  /** For the log: a code, never a message of the server, which may quote what was in a row. */
  readonly why: string;
  /** False: the server answered, with an error that no waiting mends. */
  readonly outage: boolean;
  /** True: nobody can come in. Not worth asking again before it answers a probe. */
  readonly isDown: boolean;
}

/** Five letters or digits, the class in the first two (Postgres documentation, appendix A). `EPIPE` is none. */
const SQLSTATE = /^(?:\d[0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/;

/** It starts up or shuts down, and lets nobody in. A connection that was ended (57P01) tells of itself only. */
const DOWN = '57P03';
/**
 * Lost, ended, no room, too slow, waiting for a lock, on a standby, contended, or broken underneath. No entry (28) and no such
 * database (3D) as well: a password that was changed, a database that is being restored.
 */
const OUTAGE = /^(?:08|28|3D|53|57|58|XX|25006|55P03|40)/;
/** Our own `in_time()`: it was asked for too late. */
const TOO_LATE = 'BW001';
/** Nobody listens there, or nobody can be found. */
const NOBODY_THERE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
]);

/** No such schema, table or function. */
const NOT_MIGRATED = new Set(['3F000', '42P01', '42883', '42703']);

export function failureOf(error: unknown): PostgresFailure {
  if (error instanceof PostgresTimeout || wasTooLate(error)) return { why: 'timeout', outage: true, isDown: false };
  const code = codeOf(error);
  // A driver's own error: a connection that was lost or could not be made. Errors of the server always have a code.
  if (code === undefined) return { why: 'connection', outage: true, isDown: false };
  if (!SQLSTATE.test(code)) return { why: code, outage: true, isDown: NOBODY_THERE.has(code) };
  if (NOT_MIGRATED.has(code)) return { why: `${code}, call migrate() first`, outage: false, isDown: false };
  return { why: code, outage: OUTAGE.test(code), isDown: code === DOWN };
}

/** A serialization failure or a deadlock: the server has taken the statement back, so that it can be run again. */
export function wasTakenBack(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

/** The server refused to begin what nobody waited for any more: it has not happened. */
export function wasTooLate(error: unknown): boolean {
  return codeOf(error) === TOO_LATE;
}

/** No schema, no table or no function: `migrate()` was forgotten. */
export function isNotMigrated(error: unknown): boolean {
  return NOT_MIGRATED.has(codeOf(error) ?? '');
}

/**
 * For statements of your own over the same database: the refusal (503 with `Retry-After`) where it cannot be reached or does
 * not serve now. Undefined where it answered about the statement: a mistake, or a constraint.
 *
 * @example
 * catch (error) { throw postgresOutage(error) ?? error }
 */
export function postgresOutage(error: unknown): StoreUnavailableError | undefined {
  const { why, outage } = failureOf(error);
  return outage ? new StoreUnavailableError(POSTGRES, why, { cause: error }) : undefined;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  if (typeof code === 'string') return code;
  // Where several addresses were tried, Node collects what became of each.
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return inner === undefined ? undefined : codeOf(inner);
}
