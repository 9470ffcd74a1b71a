/** Is the audit log what was written? Reads it row by row and finds the first one that is not. */

import {
  CHAIN_START,
  firstBreak,
  type ChainBreak,
  type ChainHead,
  type ChainKey,
  type ChainLink,
} from '../audit/hash-chain.js';
import { checkKeys, optionError } from '../core/checks.js';
import { checkChainKey } from './audit-log.options.js';
import { checkPostgresClient, type PostgresClient } from './postgres-client.js';
import { quotedSchema } from './schema-name.js';

export interface VerifyAuditOptions {
  /** Where our tables stand. Default `bulwark`. */
  readonly schema?: string;
  /** The keys that the log was written with, former ones too. Default none: plain SHA-256. */
  readonly keys?: readonly ChainKey[];
  /** Begins after this row: where older ones were archived and taken away. Default: with the first row. */
  readonly after?: ChainHead;
  /**
   * A row that has to be there: the `head` of an earlier verdict, kept where nobody can reach it who can write to the
   * database. Without it nobody can tell that the last rows were cut off, nor, without `keys`, that all were written anew.
   */
  readonly knownHead?: ChainHead;
}

export type AuditVerdict =
  | { readonly intact: true; readonly rows: number; /** To keep, for the next time. */ readonly head: ChainHead }
  | ({ readonly intact: false } & ChainBreak);

/** Read at a time. */
const PAGE = 1_000;

/**
 * Reads the whole log. It may be written meanwhile.
 *
 * @throws TypeError when it is no client, or an option is wrong.
 * @throws RangeError when `knownHead` is a row before `after`: nobody would look whether it is there.
 * @throws the client's error where the log cannot be read.
 *
 * @example
 * const verdict = await verifyAuditChain(pool, { knownHead: lastWeek });
 * if (!verdict.intact) console.error(`row ${verdict.seq} is ${verdict.problem}`);
 */
export async function verifyAuditChain(db: PostgresClient, options: VerifyAuditOptions = {}): Promise<AuditVerdict> {
  const where = 'verifyAuditChain';
  checkKeys(where, options, ['schema', 'keys', 'after', 'knownHead']);
  const client = checkPostgresClient(where, db);
  const { keys = [], knownHead } = options;
  keys.forEach((key, index) => checkChainKey(`${where}.keys[${index}]`, key));
  const start = checkHead(`${where}.after`, options.after ?? CHAIN_START);
  if (knownHead !== undefined) checkHead(`${where}.knownHead`, knownHead);
  if (knownHead !== undefined && knownHead.seq < start.seq) {
    throw new RangeError(
      `${where}.knownHead: row ${knownHead.seq} is not read when the log is read after row ${start.seq}. ` +
        'Give an earlier `after`, or a later `knownHead`.',
    );
  }
  const table = `${quotedSchema(`${where}.schema`, options.schema)}.audit_log`;
  const text = `SELECT pg_catalog.json_build_object('seq', seq, 'id', id, 'timeMs', time_ms, 'kind', kind, 'level', level, 'event', event,
      'hash', hash)::text AS answer
    FROM ${table} WHERE seq > $1 ORDER BY seq LIMIT ${PAGE}`;

  if (options.after === undefined) {
    // Nobody writes rows before the first one: they would be read by who reads the log, and vouched for by nothing.
    const { rows } = await client.query(`SELECT seq::text AS seq FROM ${table} WHERE seq < 1 ORDER BY seq LIMIT 1`, []);
    const [before] = rows as readonly { readonly seq: string }[];
    if (before !== undefined) return { intact: false, seq: Number(before.seq), problem: 'altered' };
  }
  let head = start;
  for (;;) {
    const { rows } = await client.query(text, [head.seq]);
    const links = rows.map((row) => JSON.parse((row as { readonly answer: string }).answer) as ChainLink);
    const broken = firstBreak(head, links, keys) ?? unknownHead(head, links, knownHead);
    if (broken !== undefined) return { intact: false, ...broken };
    const last = links.at(-1);
    if (last === undefined) break;
    head = { seq: last.seq, hash: last.hash };
  }
  if (knownHead !== undefined && knownHead.seq > head.seq)
    return { intact: false, seq: head.seq + 1, problem: 'missing' };
  return { intact: true, rows: head.seq - start.seq, head };
}

/** All fits together, and is still not what was there before. */
function unknownHead(before: ChainHead, links: readonly ChainLink[], known?: ChainHead): ChainBreak | undefined {
  const there = [before, ...links].find(({ seq }) => seq === known?.seq);
  return there === undefined || there.hash === known?.hash ? undefined : { seq: there.seq, problem: 'altered' };
}

function checkHead(option: string, head: ChainHead): ChainHead {
  const { seq, hash } = head ?? {};
  if (Number.isSafeInteger(seq) && seq >= 0 && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)) return head;
  throw optionError(option, head, 'is no head of a chain', 'Use the `head` of an earlier verdict: { seq, hash }.');
}
