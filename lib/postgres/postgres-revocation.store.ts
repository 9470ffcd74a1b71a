/** Keeps denials in Postgres: for a fleet without Redis. Every authenticated call asks it one question. */

import type { Denial, RevocationStore, TokenMarks } from '../authentication/sessions/revocation.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresGate, type PostgresStoreOptions } from './postgres-gate.js';
import { storableKey, storableText } from './storable-text.js';

/** Every method is one statement. Times are the caller's. */
export class PostgresRevocationStore implements RevocationStore, ConnectedStore {
  readonly gate: PostgresGate;
  readonly #sql: ReturnType<typeof statements>;

  /**
   * @param db Migrated: `migrate(db)`.
   * @throws TypeError when it is no client, or an option is wrong.
   */
  constructor(db: PostgresClient | PostgresGate, options?: PostgresStoreOptions) {
    this.gate = gateOf(PostgresGate, 'PostgresRevocationStore', db, options);
    this.#sql = statements(this.gate.schema);
  }

  async deny(denials: readonly Denial[], nowMs: number): Promise<void> {
    await this.gate.run(this.#sql.deny, [JSON.stringify(denials.map(rowOf)), nowMs]);
  }

  async isDenied({ tokenId, sessionId, subjectId, stamp }: TokenMarks, nowMs: number): Promise<boolean> {
    const [denied] = await this.gate.answers<boolean>(this.#sql.isDenied, [
      tokenId === undefined ? null : storableKey(tokenId),
      sessionId === undefined ? null : storableKey(sessionId),
      storableKey(subjectId),
      storableText(stamp),
      nowMs,
    ]);
    return denied!;
  }
}

const statements = (schema: string) => ({
  deny: `SELECT ${schema}.deny($1::text::jsonb, $2)`,
  // Asked of the key of each kind: three look-ups in one index.
  isDenied: `SELECT EXISTS (
      SELECT FROM ${schema}.denials AS d WHERE d.until_ms > $5::double precision AND (
        d.kind = 'token' AND d.id = $1::text
        OR d.kind = 'session' AND d.id = $2::text
        OR d.kind = 'subject' AND d.id = $3::text AND d.before > $4::text
          AND ($2::text IS NULL OR d.except_session IS DISTINCT FROM $2::text)
      )
    )::text AS answer`,
});

function rowOf(denial: Denial): Readonly<Record<string, string | number | null>> {
  const { kind, id, untilMs } = denial;
  const row = { kind, id: storableKey(id), until_ms: untilMs };
  if (denial.kind !== 'subject') return row;
  const { before, exceptSession } = denial;
  return {
    ...row,
    before: storableText(before),
    except_session: exceptSession === undefined ? null : storableKey(exceptSession),
  };
}
