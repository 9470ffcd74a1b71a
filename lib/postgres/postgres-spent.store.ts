/** Remembers in Postgres what may be used once: for a fleet without Redis. */

import { checkText } from '../core/checks.js';
import type { SpentStore } from '../core/spent.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresGate, type PostgresStoreOptions } from './postgres-gate.js';
import { storableKey, storableText } from './storable-text.js';

/** One statement. Times are the caller's. */
export class PostgresSpentStore implements SpentStore, ConnectedStore {
  readonly gate: PostgresGate;
  readonly #kind: string;
  readonly #spend: string;

  /**
   * @param db Migrated: `migrate(db)`.
   * @param kind What is spent: ids of one kind are never taken for those of another. E.g. `nonce`.
   * @throws TypeError when it is no client or no kind, or an option is wrong.
   */
  constructor(db: PostgresClient | PostgresGate, kind: string, options?: PostgresStoreOptions) {
    this.#kind = storableText(checkText('PostgresSpentStore: kind', kind));
    this.gate = gateOf(PostgresGate, 'PostgresSpentStore', db, options);
    this.#spend = statement(this.gate.schema);
  }

  async spend(id: string, untilMs: number, nowMs: number): Promise<boolean> {
    return (await this.gate.runInTime(this.#spend, [this.#kind, storableKey(id), untilMs, nowMs])).length > 0;
  }
}

/** With each one that is spent, some leave that ended an hour ago: another process's clock may be behind. */
const statement = (schema: string) => `WITH swept AS (
    DELETE FROM ${schema}.spent_ids WHERE (kind, id) IN (
      SELECT e.kind, e.id FROM ${schema}.spent_ids AS e
      WHERE e.until_ms <= $4::double precision - 3600000 AND (e.kind, e.id) <> ($1::text, $2::text)
      ORDER BY e.until_ms LIMIT 8 FOR UPDATE SKIP LOCKED
    )
  )
  INSERT INTO ${schema}.spent_ids AS s (kind, id, until_ms)
  SELECT $1::text, $2::text, $3::double precision WHERE ${schema}.in_time($5)
  ON CONFLICT (kind, id) DO UPDATE SET until_ms = excluded.until_ms WHERE s.until_ms <= $4::double precision
  RETURNING s.id`;
