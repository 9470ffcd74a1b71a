/** Keeps sessions in Postgres: they outlive every process, and a token is good once however many processes are asked. */

import type { TokenSubject } from '../authentication/jwt/token-subject.js';
import type {
  RotationClaim,
  RotationOutcome,
  SessionStore,
  StoredSession,
} from '../authentication/sessions/session.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresGate, type PostgresStoreOptions } from './postgres-gate.js';
import { originalText, storableText } from './storable-text.js';

/** A row of `sessions`. */
interface SessionRow {
  readonly id: string;
  readonly subject_id: string;
  readonly subject: string;
  readonly device: string | null;
  readonly created_at_ms: number;
  readonly last_used_at_ms: number;
  readonly expires_at_ms: number;
  readonly absolute_expires_at_ms: number;
  readonly current_digest: string;
  readonly previous_digest: string | null;
  readonly previous_sealed_next: string | null;
  readonly previous_fingerprint: string | null;
  readonly previous_rotated_at_ms: number | null;
}

interface RotationRow {
  readonly outcome: RotationOutcome['outcome'];
  readonly sealed_next: string | null;
  readonly subject_id: string | null;
}

/** Every method is one statement. Times are the caller's, but for the grace; of any number of claims at once the database decides. */
export class PostgresSessionStore implements SessionStore, ConnectedStore {
  readonly gate: PostgresGate;
  readonly #sql: ReturnType<typeof statements>;

  /**
   * @param db Migrated: `migrate(db)`.
   * @throws TypeError when it is no client, or an option is wrong.
   */
  constructor(db: PostgresClient | PostgresGate, options?: PostgresStoreOptions) {
    this.gate = gateOf(PostgresGate, 'PostgresSessionStore', db, options);
    this.#sql = statements(this.gate.schema);
  }

  async open(session: StoredSession, limit: number, nowMs: number): Promise<readonly string[]> {
    const gone = await this.gate.runInTime<{ readonly id: string }>(this.#sql.open, [
      JSON.stringify(rowOf(session)),
      limit,
      nowMs,
    ]);
    return gone.map(({ id }) => originalText(id));
  }

  async find(id: string, nowMs: number): Promise<StoredSession | undefined> {
    const [row] = await this.gate.answers<SessionRow>(this.#sql.find, [storableText(id), nowMs]);
    return row && sessionOf(row);
  }

  async rotate(claim: RotationClaim): Promise<RotationOutcome> {
    const [row] = await this.gate.runInTime<RotationRow>(this.#sql.rotate, [
      storableText(claim.sessionId),
      storableText(claim.presentedDigest),
      storableText(claim.nextDigest),
      storableText(claim.sealedNext),
      storableText(claim.fingerprint),
      claim.nowMs,
      claim.graceMs,
      claim.idleMs,
      String(this.gate.time === 'server'),
    ]);
    const { outcome, sealed_next, subject_id } = row!;
    switch (outcome) {
      case 'repeated':
        return { outcome, sealedNext: originalText(sealed_next!) };
      case 'reused':
        return { outcome, subjectId: originalText(subject_id!) };
      case 'rotated':
      case 'expired':
      case 'unknown':
        return { outcome };
      default:
        return outcome satisfies never;
    }
  }

  async list(subjectId: string, nowMs: number): Promise<readonly StoredSession[]> {
    return (await this.gate.answers<SessionRow>(this.#sql.list, [storableText(subjectId), nowMs])).map(sessionOf);
  }

  async remove(id: string, nowMs: number): Promise<boolean> {
    const gone = await this.gate.answers<SessionRow>(this.#sql.remove, [storableText(id)]);
    return gone.some((row) => isAlive(row, nowMs));
  }

  async removeAll(subjectId: string, exceptId: string | undefined, nowMs: number): Promise<readonly string[]> {
    const except = exceptId === undefined ? null : storableText(exceptId);
    const gone = await this.gate.answers<SessionRow>(this.#sql.removeAll, [storableText(subjectId), except]);
    return gone.filter((row) => isAlive(row, nowMs)).map(({ id }) => originalText(id));
  }
}

const statements = (schema: string) => ({
  open: `SELECT id FROM ${schema}.open_session($1::text::jsonb, $2, $3, $4) AS id`,
  find: `SELECT pg_catalog.row_to_json(s)::text AS answer FROM ${schema}.sessions AS s WHERE s.id = $1 AND s.expires_at_ms > $2
    AND s.current_digest <> ''`,
  rotate: `SELECT outcome, sealed_next, subject_id FROM ${schema}.rotate_session($1, $2, $3, $4, $5, $6, $7, $8, $9::text::boolean, $10)`,
  list: `SELECT pg_catalog.row_to_json(s)::text AS answer FROM ${schema}.sessions AS s
    WHERE s.subject_id = $1 AND s.expires_at_ms > $2 AND s.current_digest <> ''
    ORDER BY s.last_used_at_ms DESC, s.opened DESC`,
  remove: `DELETE FROM ${schema}.sessions AS s WHERE s.id = $1 RETURNING pg_catalog.row_to_json(s)::text AS answer`,
  removeAll: `DELETE FROM ${schema}.sessions AS s WHERE s.subject_id = $1 AND s.id IS DISTINCT FROM $2
    RETURNING pg_catalog.row_to_json(s)::text AS answer`,
});

function isAlive({ expires_at_ms, current_digest }: SessionRow, nowMs: number): boolean {
  return nowMs < expires_at_ms && current_digest !== '';
}

function rowOf({ previous, ...session }: StoredSession): SessionRow {
  return {
    id: storableText(session.id),
    subject_id: storableText(session.subjectId),
    subject: JSON.stringify(session.subject),
    device: session.device === undefined ? null : storableText(session.device),
    created_at_ms: session.createdAtMs,
    last_used_at_ms: session.lastUsedAtMs,
    expires_at_ms: session.expiresAtMs,
    absolute_expires_at_ms: session.absoluteExpiresAtMs,
    current_digest: storableText(session.currentDigest),
    previous_digest: previous ? storableText(previous.digest) : null,
    previous_sealed_next: previous ? storableText(previous.sealedNext) : null,
    previous_fingerprint: previous ? storableText(previous.fingerprint) : null,
    previous_rotated_at_ms: previous ? previous.rotatedAtMs : null,
  };
}

function sessionOf(row: SessionRow): StoredSession {
  return {
    id: originalText(row.id),
    subjectId: originalText(row.subject_id),
    subject: JSON.parse(row.subject) as TokenSubject,
    ...(row.device !== null && { device: originalText(row.device) }),
    createdAtMs: row.created_at_ms,
    lastUsedAtMs: row.last_used_at_ms,
    expiresAtMs: row.expires_at_ms,
    absoluteExpiresAtMs: row.absolute_expires_at_ms,
    currentDigest: originalText(row.current_digest),
    ...(row.previous_digest !== null && {
      previous: {
        digest: originalText(row.previous_digest),
        sealedNext: originalText(row.previous_sealed_next!),
        fingerprint: originalText(row.previous_fingerprint!),
        rotatedAtMs: row.previous_rotated_at_ms!,
      },
    }),
  };
}
