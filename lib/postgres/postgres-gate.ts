/** Asks Postgres, in time or not at all: what cannot be answered is refused at once, and never guessed. */

import { Logger } from '@nestjs/common';
import { checkKeys, checkOneOf, checkPositive } from '../core/checks.js';
import { steadyNowMs } from '../core/clock.js';
import { StoreBreaker, type ProbeResult } from '../core/store-breaker.js';
import type { StoreContext, StoreGate } from '../core/store-context.js';
import { warnWithoutErrorListener } from '../core/store-gate.js';
import { StoreOutages, type StoreCounts } from '../core/store-outages.js';
import { StoreUnavailableError } from '../core/store-unavailable.js';
import {
  checkPostgresClient,
  isClosed,
  missingWaits,
  type PostgresClient,
  type PostgresParameter,
} from './postgres-client.js';
import { failureOf, POSTGRES, wasTakenBack, wasTooLate, type PostgresFailure } from './postgres-failure.js';
import { queryInTime } from './query-in-time.js';
import { checkSchemaVersion, notMigratedFrom } from './schema-version.js';
import { quotedSchema } from './schema-name.js';
import { ServerClock } from './server-clock.js';

export interface PostgresStoreOptions {
  /** Where our tables stand: lower case letters, digits and `_`. Default `bulwark`. */
  readonly schema?: string;
  /**
   * How long an answer may take, in milliseconds, the wait for a connection of the pool included. Whoever waits is then told
   * that the store is unavailable. Default 1_000.
   */
  readonly commandTimeoutMs?: number;
  /**
   * Whose clock judges the grace in which a lost answer is given again. `server` (default): the database's own. `caller`: the
   * time that each caller brings, for tests that stop the clock.
   */
  readonly time?: PostgresTime;
}

export type PostgresTime = 'server' | 'caller';

/** A statement that the server took back is run again so many times. */
const MOST_REPEATS = 5;

/** A probe that nobody has answered may still stand in the pool's queue: so long, in milliseconds, no other one joins it. */
const PROBE_STANDS_MS = 30_000;

/** One for all stores of a database, so that each knows at once what another one found out. */
export class PostgresGate implements StoreGate {
  /** Quoted, to stand in statements. */
  readonly schema: string;
  readonly time: PostgresTime;
  readonly #client: PostgresClient;
  readonly #commandTimeoutMs: number;
  readonly #outages = new StoreOutages(POSTGRES);
  readonly #breaker: StoreBreaker;
  readonly #clock: ServerClock;
  readonly #logger = new Logger('Bulwark');
  #probeSentMs: number | undefined;

  /** @throws TypeError when this is no client, or an option is wrong. */
  constructor(client: PostgresClient, options: PostgresStoreOptions = {}, where = 'PostgresGate') {
    checkKeys(where, options, ['schema', 'commandTimeoutMs', 'time']);
    this.#client = checkPostgresClient(where, client);
    this.schema = quotedSchema(`${where}.schema`, options.schema);
    this.time = checkOneOf(`${where}.time`, options.time ?? 'server', ['server', 'caller']);
    this.#commandTimeoutMs = checkPositive(`${where}.commandTimeoutMs`, options.commandTimeoutMs ?? 1_000);
    this.#clock = new ServerClock(client, this.#commandTimeoutMs);
    this.#breaker = new StoreBreaker({
      probe: () => this.#probe(),
      onOpen: (why) => this.#outages.down(POSTGRES, why),
      onClose: () => this.#outages.up(POSTGRES),
    });
  }

  /** What outages came to since the start, of every store that shares the gate: for metrics. */
  get counts(): StoreCounts {
    return this.#outages.counts;
  }

  /** Is an outage known? */
  get isDown(): boolean {
    return this.#outages.isDown;
  }

  /** @throws Error when the database answers, and was not migrated. */
  async connect(context: StoreContext): Promise<() => void> {
    warnWithoutErrorListener(POSTGRES, this.#client);
    const missing = missingWaits(this.#client);
    if (missing.length > 0)
      this.#logger.warn(`The pool waits without an end: give it ${missing.join(' and ')}, e.g. 3000.`);
    const stop = this.#outages.connect(context);
    try {
      await this.#clock.measure();
      await checkSchemaVersion((text) => queryInTime(this.#client, this.#commandTimeoutMs, text, []), this.schema);
    } catch (error) {
      const notMigrated = notMigratedFrom(error, this.schema);
      if (notMigrated !== undefined) {
        stop();
        throw notMigrated;
      }
      const failure = failureOf(error);
      if (failure.outage) this.#failed(failure);
      else this.#logger.warn(`Nobody can tell whether Postgres was migrated: ${failure.why}.`);
    }
    return stop;
  }

  /**
   * Runs one statement.
   *
   * @returns its rows.
   * @throws StoreUnavailableError whatever went wrong. What was asked may have happened all the same: it is not asked again
   * from here, but where the server says that it has taken it back.
   */
  async run<Row>(text: string, parameters: readonly PostgresParameter[]): Promise<readonly Row[]> {
    return (await this.#run(text, () => [...parameters])) as readonly Row[];
  }

  /**
   * The same for what must not happen later than anybody waits for it. A statement that has timed out may stand in the queue
   * of a pool, or before a lock: past the deadline the server refuses to go on with it.
   *
   * @param text Its last parameter is the deadline, for `in_time()` of the migrations.
   */
  async runInTime<Row>(text: string, parameters: readonly PostgresParameter[]): Promise<readonly Row[]> {
    const withDeadline = () => [...parameters, this.#clock.deadlineMs()];
    return (await this.#run(text, withDeadline)) as readonly Row[];
  }

  /** For statements that answer JSON in a column `answer`: no driver's ways with types are in between. */
  async answers<Answer>(text: string, parameters: readonly PostgresParameter[]): Promise<Answer[]> {
    return parsed<Answer>(await this.run(text, parameters));
  }

  async answersInTime<Answer>(text: string, parameters: readonly PostgresParameter[]): Promise<Answer[]> {
    return parsed<Answer>(await this.runInTime(text, parameters));
  }

  async #run(text: string, parameters: () => PostgresParameter[]): Promise<readonly unknown[]> {
    if (this.#breaker.isOpen) {
      this.#breaker.open('still down');
      throw this.#outages.refused(new StoreUnavailableError(POSTGRES, 'down'));
    }
    for (let repeats = 0; ; repeats++) {
      try {
        const rows = await queryInTime(this.#client, this.#commandTimeoutMs, text, parameters());
        this.#breaker.succeeded();
        return rows;
      } catch (error) {
        const isLate = wasTooLate(error);
        if ((isLate || wasTakenBack(error)) && repeats < MOST_REPEATS) {
          // Somebody still waits, and it was too late: one of the two clocks was set.
          if (isLate) await this.#clock.measure().catch(() => undefined);
          continue;
        }
        const failure = failureOf(error);
        this.#failed(failure);
        const { why, outage } = failure;
        throw this.#outages.refused(new StoreUnavailableError(POSTGRES, why, { cause: error, outage }));
      }
    }
  }

  #failed({ why, outage, isDown }: PostgresFailure): void {
    if (!outage) this.#breaker.succeeded();
    else if (isDown) this.#breaker.open(why);
    else this.#breaker.failed(why);
  }

  async #probe(): Promise<ProbeResult> {
    if (isClosed(this.#client)) return 'gone';
    if (this.#probeSentMs !== undefined && steadyNowMs() - this.#probeSentMs < PROBE_STANDS_MS) return 'down';
    const sentMs = (this.#probeSentMs = steadyNowMs());
    const answered = (): void => {
      if (this.#probeSentMs === sentMs) this.#probeSentMs = undefined;
    };
    try {
      await this.#clock.measure(answered);
      return 'up';
    } catch (error) {
      return failureOf(error).outage ? 'down' : 'up';
    }
  }
}

function parsed<Answer>(rows: readonly unknown[]): Answer[] {
  return (rows as readonly { readonly answer: string }[]).map(({ answer }) => JSON.parse(answer) as Answer);
}
