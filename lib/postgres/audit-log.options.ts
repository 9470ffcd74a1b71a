/** How is the audit log written: where to, how often, and how much may wait? */

import type { ChainKey } from '../audit/hash-chain.js';
import { checkKeys, checkOneOf, checkPositive, checkPositiveInteger, optionError } from '../core/checks.js';
import { EVENT_LEVELS, type SecurityEventLevel } from '../core/events.js';
import { quotedSchema } from './schema-name.js';

export interface PostgresAuditLogOptions {
  /** Where our tables stand: lower case letters, digits and `_`. Default `bulwark`. */
  readonly schema?: string;
  /** How long a write may take, in milliseconds, before it is tried again. Default 10_000. */
  readonly commandTimeoutMs?: number;
  /** The lowest level that is written. Default: the level of `security.audit.level`. */
  readonly level?: SecurityEventLevel;
  /**
   * Makes each hash an HMAC, so that nobody who can write to the database can write history anew. At least 32 bytes, kept
   * from the database and its administrators. The same in all processes. Default: plain SHA-256.
   */
  readonly key?: ChainKey;
  /** How long an event waits for others, in milliseconds, to be written with them. Default 200. */
  readonly flushEveryMs?: number;
  /** How many events wait at most while the database is away. Those that come then are lost, and counted. Default 10_000. */
  readonly maxWaiting?: number;
}

export interface AuditLogSettings {
  readonly level: SecurityEventLevel | undefined;
  readonly key: ChainKey | undefined;
  readonly flushEveryMs: number;
  readonly maxWaiting: number;
  /** Quoted, to stand in statements. */
  readonly schema: string;
  readonly commandTimeoutMs: number;
}

const KEYS = ['schema', 'commandTimeoutMs', 'level', 'key', 'flushEveryMs', 'maxWaiting'];

/** @throws TypeError naming option, value and fix. */
export function auditLogSettings(where: string, options: PostgresAuditLogOptions): AuditLogSettings {
  checkKeys(where, options, KEYS);
  const { schema, level, key, flushEveryMs = 200, maxWaiting = 10_000, commandTimeoutMs = 10_000 } = options;
  if (level !== undefined) checkOneOf(`${where}.level`, level, EVENT_LEVELS);
  return Object.freeze({
    level,
    key: key === undefined ? undefined : checkChainKey(`${where}.key`, key),
    flushEveryMs: checkPositive(`${where}.flushEveryMs`, flushEveryMs),
    maxWaiting: checkPositiveInteger(`${where}.maxWaiting`, maxWaiting),
    schema: quotedSchema(`${where}.schema`, schema),
    // Nobody waits for it: it may take longer than what a request waits for.
    commandTimeoutMs: checkPositive(`${where}.commandTimeoutMs`, commandTimeoutMs),
  });
}

/** @throws TypeError when it is none. */
export function checkChainKey(option: string, key: unknown): ChainKey {
  const isKey = (typeof key === 'string' || key instanceof Uint8Array) && Buffer.byteLength(key) >= 32;
  if (isKey) return key;
  const problem = 'is no key of at least 32 bytes';
  // Never shown: a key that is too short is still somebody's secret.
  throw optionError(option, typeof key === 'string' ? undefined : key, problem, 'Use e.g. randomBytes(32).');
}
