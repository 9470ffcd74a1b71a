/** Keeps second factors in Postgres: secrets as the app has encrypted them, codes and recovery codes good once. */

import type {
  Attempts,
  AttemptVerdict,
  ChallengeTry,
  MfaStore,
  StoredAuthenticator,
  StoredChallenge,
  StoredPending,
} from '../authentication/mfa/mfa.store.js';
import type { ConnectedStore } from '../core/store-context.js';
import { gateOf } from '../core/store-gate.js';
import type { PostgresClient } from './postgres-client.js';
import { PostgresGate, type PostgresStoreOptions } from './postgres-gate.js';
import { mfaStatements } from './mfa-statements.js';
import { originalText, storableKey, storableText } from './storable-text.js';

interface PendingRow {
  readonly pending_id: string;
  readonly pending_sealed: string;
  readonly pending_replaces: string | null;
  readonly pending_expires_at_ms: number;
}

interface ChallengeRow {
  readonly user_id: string;
  readonly subject: string;
  readonly expires_at_ms: number;
  readonly attempts: number;
  readonly attempts_left: number;
}

/** Every method is one conditional statement on one row. Times are the caller's. */
export class PostgresMfaStore implements MfaStore, ConnectedStore {
  readonly gate: PostgresGate;
  readonly #sql: ReturnType<typeof mfaStatements>;

  /**
   * @param db Migrated: `migrate(db)`.
   * @throws TypeError when it is no client, or an option is wrong.
   */
  constructor(db: PostgresClient | PostgresGate, options?: PostgresStoreOptions) {
    this.gate = gateOf(PostgresGate, 'PostgresMfaStore', db, options);
    this.#sql = mfaStatements(this.gate.schema);
  }

  async setPending(userId: string, { id, sealed, replaces, expiresAtMs }: StoredPending): Promise<void> {
    await this.gate.runInTime(this.#sql.setPending, [
      storableKey(userId),
      storableText(id),
      storableText(sealed),
      replaces === null ? null : storableText(replaces),
      expiresAtMs,
    ]);
  }

  async pending(userId: string): Promise<StoredPending | undefined> {
    const [row] = await this.gate.answers<PendingRow>(this.#sql.pending, [storableKey(userId)]);
    return (
      row && {
        id: originalText(row.pending_id),
        sealed: originalText(row.pending_sealed),
        replaces: row.pending_replaces === null ? null : originalText(row.pending_replaces),
        expiresAtMs: row.pending_expires_at_ms,
      }
    );
  }

  confirm(userId: string, id: string, step: number, recovery: readonly string[], nowMs: number): Promise<boolean> {
    const codes = JSON.stringify(recovery.map(storableText));
    return this.#happens(this.#sql.confirm, [storableKey(userId), storableText(id), step, codes, nowMs]);
  }

  async find(userId: string): Promise<StoredAuthenticator | undefined> {
    const [row] = await this.gate.run<StoredAuthenticator>(this.#sql.find, [storableKey(userId)]);
    return row && { id: originalText(row.id), sealed: originalText(row.sealed) };
  }

  async reseal(userId: string, { id, sealed }: StoredAuthenticator): Promise<void> {
    await this.gate.run(this.#sql.reseal, [storableKey(userId), storableText(id), storableText(sealed)]);
  }

  claimStep(userId: string, id: string, step: number): Promise<boolean> {
    return this.#happens(this.#sql.claimStep, [storableKey(userId), storableText(id), step]);
  }

  setRecoveryCodes(userId: string, digests: readonly string[]): Promise<boolean> {
    return this.#happens(this.#sql.setRecoveryCodes, [storableKey(userId), JSON.stringify(digests.map(storableText))]);
  }

  claimRecoveryCode(userId: string, digest: string): Promise<boolean> {
    return this.#happens(this.#sql.claimRecoveryCode, [storableKey(userId), storableText(digest)]);
  }

  async countAttempt(userId: string, { limit, windowMs }: Attempts, nowMs: number): Promise<AttemptVerdict> {
    const [answer] = await this.gate.answersInTime<{ readonly attempts: number; readonly sinceMs: number }>(
      this.#sql.countAttempt,
      [storableKey(userId), limit, windowMs, nowMs],
    );
    const { attempts, sinceMs } = answer!;
    if (attempts <= limit) return { allowed: true, retryAfterMs: 0 };
    return { allowed: false, retryAfterMs: sinceMs + windowMs - nowMs };
  }

  async clearAttempts(userId: string): Promise<void> {
    await this.gate.run(this.#sql.clearAttempts, [storableKey(userId)]);
  }

  async remove(userId: string): Promise<void> {
    await this.gate.runInTime(this.#sql.remove, [storableKey(userId)]);
  }

  async addChallenge(digest: string, { userId, subject, expiresAtMs, attempts }: StoredChallenge): Promise<void> {
    await this.gate.run(this.#sql.addChallenge, [
      storableText(digest),
      storableText(userId),
      storableText(subject),
      expiresAtMs,
      attempts,
    ]);
  }

  async tryChallenge(digest: string, nowMs: number): Promise<ChallengeTry | undefined> {
    const [row] = await this.gate.answersInTime<ChallengeRow>(this.#sql.tryChallenge, [storableText(digest), nowMs]);
    if (row === undefined) return undefined;
    const challenge = {
      userId: originalText(row.user_id),
      subject: originalText(row.subject),
      expiresAtMs: row.expires_at_ms,
      attempts: row.attempts,
    };
    return { challenge, spent: row.attempts_left < 0 };
  }

  async claimChallenge(digest: string, nowMs: number): Promise<boolean> {
    const [row] = await this.gate.answersInTime<ChallengeRow>(this.#sql.claimChallenge, [storableText(digest)]);
    return row !== undefined && nowMs < row.expires_at_ms;
  }

  /** Was there a row that the statement's conditions held for? */
  async #happens(text: string, parameters: (string | number | null)[]): Promise<boolean> {
    return (await this.gate.runInTime(text, parameters)).length > 0;
  }
}
