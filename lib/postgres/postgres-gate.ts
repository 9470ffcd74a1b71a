/** Asks Postgres, in time or not at all: what cannot be answered is refused at once, and never guessed. */

import { checkKeys, checkPositive } from '../core/checks.js';
import type { ConnectedStore, StoreContext } from '../core/store-context.js';
import { StoreUnavailableError } from '../core/store-unavailable.js';
import { POSTGRES, PostgresBreaker } from './postgres-breaker.js';
import { checkPostgresClient, isClosed, type PostgresClient, type PostgresParameter } from './postgres-client.js';
import { failureOf, wasTakenBack } from './postgres-failure.js';
import { queryInTime } from './query-in-time.js';
import { quotedSchema } from './schema-name.js';

export interface PostgresStoreOptions {
  /** Where our tables stand: lower case letters, digits and `_`. Default `bulwark`. */
  readonly schema?: string;
  /**
   * How long an answer may take, in milliseconds, the wait for a connection of the pool included. Whoever waits is then told
   * that the store is unavailable. Default 1_000.
   */
  readonly commandTimeoutMs?: number;
}

/** A statement that the server took back is run again so many times. */
const MOST_REPEATS = 5;

/** One for all stores of a database, so that each knows at once what another one found out. */
export class PostgresGate implements ConnectedStore {
  /** Quoted, to stand in statements. */
  readonly schema: string;
  readonly #client: PostgresClient;
  readonly #commandTimeoutMs: number;
  readonly #breaker: PostgresBreaker;

  /** @throws TypeError when this is no client, or an option is wrong. */
  constructor(client: PostgresClient, options: PostgresStoreOptions = {}, where = 'PostgresGate') {
    checkKeys(where, options, ['schema', 'commandTimeoutMs']);
    this.#client = checkPostgresClient(where, client);
    this.schema = quotedSchema(`${where}.schema`, options.schema);
    this.#commandTimeoutMs = checkPositive(`${where}.commandTimeoutMs`, options.commandTimeoutMs ?? 1_000);
    this.#breaker = new PostgresBreaker(
      () => queryInTime(client, this.#commandTimeoutMs, 'SELECT 1', []),
      () => isClosed(client),
    );
  }

  connect(context: StoreContext): () => void {
    return this.#breaker.connect(context);
  }

  /**
   * Runs one statement.
   *
   * @returns its rows.
   * @throws StoreUnavailableError whatever went wrong. What was asked may have happened all the same: it is not asked again
   * from here, but where the server says that it has taken it back.
   */
  async run<Row>(text: string, parameters: PostgresParameter[]): Promise<readonly Row[]> {
    if (this.#breaker.isOpen) throw new StoreUnavailableError(POSTGRES, 'down');
    for (let repeats = 0; ; repeats++) {
      try {
        const rows = await queryInTime(this.#client, this.#commandTimeoutMs, text, parameters);
        this.#breaker.succeeded();
        return rows as readonly Row[];
      } catch (error) {
        if (wasTakenBack(error) && repeats < MOST_REPEATS) continue;
        const failure = failureOf(error);
        this.#breaker.failed(failure);
        throw new StoreUnavailableError(POSTGRES, failure.why, { cause: error, outage: failure.outage });
      }
    }
  }

  /** For statements that answer JSON in a column `answer`: no driver's ways with types are in between. */
  async answers<Answer>(text: string, parameters: PostgresParameter[]): Promise<Answer[]> {
    const rows = await this.run<{ readonly answer: string }>(text, parameters);
    return rows.map(({ answer }) => JSON.parse(answer) as Answer);
  }
}

/** A store that is made by itself has a gate of its own; `postgresStores()` hands one to all. */
export function gateOf(where: string, db: PostgresClient | PostgresGate, options?: PostgresStoreOptions): PostgresGate {
  return db instanceof PostgresGate ? db : new PostgresGate(db, options, where);
}
