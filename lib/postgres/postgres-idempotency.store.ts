/** Keeps answers under their idempotency keys in Postgres: for a fleet without Redis, or answers that must last. */

import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type {
  IdempotencyBegin,
  IdempotencyClaim,
  IdempotencyFinish,
  IdempotencyOutcome,
  IdempotencyStore,
  StoredAnswer,
} from '../throttling/sensitive-flow/idempotency.store.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresGate, type PostgresStoreOptions } from './postgres-gate.js';
import { storableKey, storableText } from './storable-text.js';

type BeginAnswer =
  { readonly outcome: 'replay'; readonly answer: string } | Exclude<IdempotencyOutcome, { readonly outcome: 'replay' }>;

/** Every method is one statement. Times are the caller's. */
export class PostgresIdempotencyStore implements IdempotencyStore, ConnectedStore {
  readonly gate: PostgresGate;
  readonly #sql: ReturnType<typeof statements>;

  /**
   * @param db Migrated: `migrate(db)`.
   * @throws TypeError when it is no client, or an option is wrong.
   */
  constructor(db: PostgresClient | PostgresGate, options?: PostgresStoreOptions) {
    this.gate = gateOf(PostgresGate, 'PostgresIdempotencyStore', db, options);
    this.#sql = statements(this.gate.schema);
  }

  async begin({ key, claim, digest, nowMs, leaseMs }: IdempotencyBegin): Promise<IdempotencyOutcome> {
    const keys = [storableKey(key), storableText(claim), storableText(digest)];
    const [begun] = await this.gate.answersInTime<BeginAnswer>(this.#sql.begin, [...keys, nowMs, leaseMs]);
    if (begun!.outcome !== 'replay') return begun!;
    return { outcome: 'replay', answer: JSON.parse(begun!.answer) as StoredAnswer };
  }

  async finish({ key, claim, answer, nowMs, keepMs }: IdempotencyFinish): Promise<void> {
    const kept = JSON.stringify(answer);
    await this.gate.run(this.#sql.finish, [storableKey(key), storableText(claim), kept, nowMs + keepMs]);
  }

  async abandon({ key, claim }: IdempotencyClaim): Promise<void> {
    await this.gate.run(this.#sql.abandon, [storableKey(key), storableText(claim)]);
  }
}

const statements = (schema: string) => ({
  begin: `SELECT ${schema}.begin_idempotent($1, $2, $3, $4, $5, $6)::text AS answer`,
  finish: `UPDATE ${schema}.idempotent_answers SET answer = $3, until_ms = $4
    WHERE key = $1 AND claim = $2 AND answer IS NULL`,
  abandon: `DELETE FROM ${schema}.idempotent_answers WHERE key = $1 AND claim = $2 AND answer IS NULL`,
});
