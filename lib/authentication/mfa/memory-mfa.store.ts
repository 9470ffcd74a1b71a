/** Keeps second factors in this process's memory: for development, tests, and nothing that must outlive a restart. */

import { KEPT_IN_PROCESS } from '../../core/process-memory.js';
import type {
  Attempts,
  AttemptVerdict,
  ChallengeTry,
  MfaStore,
  StoredAuthenticator,
  StoredChallenge,
  StoredPending,
} from './mfa.store.js';

interface Confirmed extends StoredAuthenticator {
  readonly lastStep: number;
  readonly recovery: Set<string>;
}

/** Challenges remembered. Beyond it the oldest is let go: its owner logs in again. */
const MAX_CHALLENGES = 100_000;

/** Each method runs to its end before another starts: that is all the atomicity a single process needs. */
export class MemoryMfaStore implements MfaStore {
  readonly [KEPT_IN_PROCESS] = 'second factors (security.mfa.store)';
  readonly #pending = new Map<string, StoredPending>();
  readonly #confirmed = new Map<string, Confirmed>();
  readonly #attempts = new Map<string, { count: number; sinceMs: number }>();
  /** In the order they were added, which is the order they expire in. */
  readonly #challenges = new Map<string, StoredChallenge & { left: number }>();

  setPending(userId: string, pending: StoredPending): void {
    this.#pending.set(userId, pending);
  }

  pending(userId: string): StoredPending | undefined {
    return this.#pending.get(userId);
  }

  confirm(userId: string, id: string, step: number, recovery: readonly string[], nowMs: number): boolean {
    const pending = this.#pending.get(userId);
    if (pending?.id !== id || nowMs >= pending.expiresAtMs) return false;
    if (pending.replaces !== (this.#confirmed.get(userId)?.id ?? null)) return false;
    this.#pending.delete(userId);
    this.#confirmed.set(userId, { id, sealed: pending.sealed, lastStep: step, recovery: new Set(recovery) });
    return true;
  }

  find(userId: string): StoredAuthenticator | undefined {
    const confirmed = this.#confirmed.get(userId);
    return confirmed && { id: confirmed.id, sealed: confirmed.sealed };
  }

  reseal(userId: string, { id, sealed }: StoredAuthenticator): void {
    const confirmed = this.#confirmed.get(userId);
    if (confirmed?.id === id) this.#confirmed.set(userId, { ...confirmed, sealed });
  }

  claimStep(userId: string, id: string, step: number): boolean {
    const confirmed = this.#confirmed.get(userId);
    if (confirmed?.id !== id || step <= confirmed.lastStep) return false;
    this.#confirmed.set(userId, { ...confirmed, lastStep: step });
    return true;
  }

  setRecoveryCodes(userId: string, digests: readonly string[]): boolean {
    const confirmed = this.#confirmed.get(userId);
    if (confirmed === undefined) return false;
    this.#confirmed.set(userId, { ...confirmed, recovery: new Set(digests) });
    return true;
  }

  claimRecoveryCode(userId: string, digest: string): boolean {
    return this.#confirmed.get(userId)?.recovery.delete(digest) ?? false;
  }

  countAttempt(userId: string, { limit, windowMs }: Attempts, nowMs: number): AttemptVerdict {
    const known = this.#attempts.get(userId);
    // A clock that is a little behind counts in the window that is there; one that was set back starts a new one.
    if (known === undefined || Math.abs(nowMs - known.sinceMs) >= windowMs) {
      this.#attempts.set(userId, { count: 1, sinceMs: nowMs });
      return ALLOWED;
    }
    if (known.count >= limit) return { allowed: false, retryAfterMs: known.sinceMs + windowMs - nowMs };
    known.count++;
    return ALLOWED;
  }

  clearAttempts(userId: string): void {
    this.#attempts.delete(userId);
  }

  remove(userId: string): void {
    this.#pending.delete(userId);
    this.#confirmed.delete(userId);
    this.#attempts.delete(userId);
  }

  addChallenge(digest: string, challenge: StoredChallenge): void {
    if (this.#challenges.size >= MAX_CHALLENGES) this.#challenges.delete(this.#challenges.keys().next().value!);
    this.#challenges.set(digest, { ...challenge, left: challenge.attempts });
  }

  tryChallenge(digest: string, nowMs: number): ChallengeTry | undefined {
    this.#forgetExpired(nowMs);
    const kept = this.#challenges.get(digest);
    if (kept === undefined || nowMs >= kept.expiresAtMs) return undefined;
    const { left, ...challenge } = kept;
    kept.left = Math.max(0, left - 1);
    return { challenge, spent: left === 0 };
  }

  claimChallenge(digest: string, nowMs: number): boolean {
    const kept = this.#challenges.get(digest);
    this.#challenges.delete(digest);
    return kept !== undefined && nowMs < kept.expiresAtMs;
  }

  #forgetExpired(nowMs: number): void {
    for (const [digest, { expiresAtMs }] of this.#challenges) {
      if (nowMs < expiresAtMs) return;
      this.#challenges.delete(digest);
    }
  }
}

const ALLOWED: AttemptVerdict = Object.freeze({ allowed: true, retryAfterMs: 0 });
