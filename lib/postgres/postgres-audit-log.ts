/** Writes events to a log that is only ever appended to, each row answering for all before it. */

import { Logger } from '@nestjs/common';
import { CHAIN_START, extendChain, type ChainContent, type ChainHead } from '../audit/hash-chain.js';
import type { SecuritySink } from '../audit/security-sink.js';
import { StoreUnavailableError } from '../core/store-unavailable.js';
import type { SecurityEvent, SecurityEventLevel } from '../core/events.js';
import { auditLogSettings, type AuditLogSettings, type PostgresAuditLogOptions } from './audit-log.options.js';
import { AuditQueue } from './audit-queue.js';
import { checkPostgresClient, type PostgresClient, type PostgresParameter } from './postgres-client.js';
import { failureOf, POSTGRES } from './postgres-failure.js';
import { queryInTime } from './query-in-time.js';

interface AppendAnswer extends ChainHead {
  readonly appended: boolean;
  readonly holds: boolean;
}

/** Written at a time. */
const BATCH = 200;

/** So long between two tries while the database is away, in milliseconds. */
const RETRY_MS = 1_000;

/** So often another process may come first before this one leaves it for later. */
const MOST_RACES = 100;

/**
 * A sink: `security: { audit: { sinks: [new LoggerSink(), new PostgresAuditLog(pool)] } }`. No request waits for it. Events are
 * written together, in order, each once, also where an answer was lost on the way; several processes write one chain.
 *
 * While the database is away events wait, up to `maxWaiting`; those beyond are lost, the latest first, and the log says how
 * many. What is still waiting when the process dies is lost unsaid: `app.close()` writes it.
 */
export class PostgresAuditLog implements SecuritySink {
  readonly level?: SecurityEventLevel;
  readonly #settings: AuditLogSettings;
  readonly #client: PostgresClient;
  readonly #append: string;
  readonly #queue: AuditQueue;
  readonly #logger = new Logger('Bulwark');
  /** The last row that is known to be in the log. */
  #head: ChainHead = CHAIN_START;
  /** On its way, until it is known to have arrived: the same rows are sent again, so that they are written once. */
  #sending: readonly ChainContent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isFailing = false;
  #isLosing = false;

  /**
   * @param db Migrated: `migrate(db)`.
   * @throws TypeError when it is no client, or an option is wrong.
   */
  constructor(db: PostgresClient, options: PostgresAuditLogOptions = {}) {
    const where = 'PostgresAuditLog';
    this.#settings = auditLogSettings(where, options);
    this.#client = checkPostgresClient(where, db);
    this.#queue = new AuditQueue(this.#settings.maxWaiting);
    this.#append = `SELECT ${this.#settings.schema}.append_audit($1, $2, $3::text::jsonb)::text AS answer`;
    if (this.#settings.level !== undefined) this.level = this.#settings.level;
  }

  /** How many events are not in the log yet. */
  get waiting(): number {
    return this.#queue.size + this.#sending.length;
  }

  /** How many events were lost since the start, for want of room. */
  get lost(): number {
    return this.#queue.lost;
  }

  write(event: SecurityEvent): void {
    const added = this.#queue.add(event);
    if (!added && !this.#isLosing) {
      this.#isLosing = true;
      this.#logger.error('The audit log is full of waiting events: from now on events are lost.');
    }
    if (this.#isFailing) this.#writeIn(RETRY_MS);
    else if (this.waiting >= BATCH) void this.#write();
    else this.#writeIn(this.#settings.flushEveryMs);
  }

  /**
   * Writes what waits.
   *
   * @throws StoreUnavailableError where it could not be written. It waits on.
   */
  async flush(): Promise<void> {
    // What is under way may have begun before the last event came.
    await this.#writing;
    await this.#write();
    if (this.waiting > 0) throw new StoreUnavailableError(POSTGRES, `${this.waiting} audit events wait`);
  }

  /** Writes what waits and says what could not be. Called when the app closes; whoever ends the pool before calls it first. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } catch {
      this.#logger.error(`The audit log ends without ${this.waiting} events that could not be written.`);
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #writeIn(ms: number): void {
    this.#timer ??= setTimeout(() => void this.#write(), ms).unref();
  }

  /** One at a time: order is what the log is about. */
  #write(): Promise<void> {
    return (this.#writing ??= this.#drain().finally(() => (this.#writing = undefined)));
  }

  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      while (this.waiting > 0) {
        if (this.#sending.length === 0) this.#sending = this.#queue.take(BATCH);
        await this.#send();
        this.#sending = [];
      }
      if (this.#isFailing)
        this.#logger.warn(`The audit log is written again; ${this.lost} events were lost since the start.`);
      this.#isFailing = false;
      this.#isLosing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#logger.error(`The audit log cannot be written: ${messageOf(error)}. ${this.waiting} events wait.`);
      this.#isFailing = true;
      this.#writeIn(RETRY_MS);
    }
  }

  /** Chains the rows to the last one of the log. Where another process was faster, to that one's. */
  async #send(): Promise<void> {
    for (let races = 0; races < MOST_RACES; races++) {
      const links = extendChain(this.#head, this.#sending, this.#settings.key);
      const rows = links.map(({ timeMs, ...link }) => ({ ...link, time_ms: timeMs }));
      const { seq, hash } = this.#head;
      const answer = await this.#ask([seq, hash, JSON.stringify(rows)]);
      this.#head = { seq: answer.seq, hash: answer.hash };
      if (!answer.holds) this.#tellOfTampering(seq);
      if (answer.appended) return;
    }
    throw new StoreUnavailableError(POSTGRES, 'other processes were faster');
  }

  /** Nobody waits for it, and it does not ask often: it asks also while others have given up. */
  async #ask(parameters: PostgresParameter[]): Promise<AppendAnswer> {
    try {
      const rows = await queryInTime(this.#client, this.#settings.commandTimeoutMs, this.#append, parameters);
      return JSON.parse((rows[0] as { readonly answer: string }).answer) as AppendAnswer;
    } catch (error) {
      throw new StoreUnavailableError(POSTGRES, failureOf(error).why, { cause: error });
    }
  }

  /** A row that this process wrote is gone or is another one now. What happens from here on is chained to what is there. */
  #tellOfTampering(seq: number): void {
    this.#logger.error(`The audit log was tampered with, or put back from a copy: row ${seq} is not what was written.`);
    this.#queue.tell('audit_chain_broken', { seq });
  }
}

function messageOf(error: unknown): string {
  return error instanceof StoreUnavailableError ? error.reason : String(error);
}
