/** Keeps sessions in this process's memory: bounded, and gone when they are over, without timers. */

import { KEPT_IN_PROCESS } from '../../core/process-memory.js';
import { checkKeys, checkPositiveInteger } from '../../core/checks.js';
import { decideRotation, isOver, isReused } from './session-rotation.js';
import type { RotationClaim, RotationOutcome, SessionStore, StoredSession } from './session.store.js';

export interface MemorySessionStoreOptions {
  /** How many sessions are kept. Default 1_000_000. Beyond it the longest unused are ended. */
  readonly maxSessions?: number;
}

/** Sessions looked at on every change, so that those that are over leave without a timer and without a pause. */
const SWEEP_STEPS = 4;

/** The sessions of a single process; they end with it. It answers at once, never with a promise. */
export class MemorySessionStore implements SessionStore {
  readonly [KEPT_IN_PROCESS] = 'sessions (security.sessions.store)';
  readonly #maxSessions: number;
  /** The longest unused first: a use moves a session to the end. */
  readonly #sessions = new Map<string, StoredSession>();
  /** Ended because a spent token came again, and not removed yet: whoever asks again is told the same. */
  readonly #reused = new Map<string, StoredSession>();
  /** In the same order. */
  readonly #bySubject = new Map<string, Set<string>>();

  /** @throws TypeError when `maxSessions` is not a positive whole number. */
  constructor(options: MemorySessionStoreOptions = {}) {
    checkKeys('MemorySessionStore', options, ['maxSessions']);
    this.#maxSessions = checkPositiveInteger('MemorySessionStore.maxSessions', options.maxSessions ?? 1_000_000);
  }

  /** How many sessions are remembered. */
  get size(): number {
    return this.#sessions.size;
  }

  open(session: StoredSession, limit: number, nowMs: number): readonly string[] {
    this.#sweep(nowMs);
    this.#put(Object.freeze({ ...session }));
    const gone: string[] = [];
    const own = this.#bySubject.get(session.subjectId)!;
    while (own.size > limit) gone.push(this.#drop(own.values().next().value!));
    while (this.#sessions.size > this.#maxSessions) gone.push(this.#drop(this.#sessions.keys().next().value!));
    return gone;
  }

  find(id: string, nowMs: number): StoredSession | undefined {
    const session = this.#sessions.get(id);
    return session === undefined || isOver(session, nowMs) ? undefined : session;
  }

  rotate(claim: RotationClaim): RotationOutcome {
    const current = this.#sessions.get(claim.sessionId) ?? this.#reused.get(claim.sessionId);
    const { outcome, session } = decideRotation(current, claim);
    if (session === undefined) this.#forget(claim.sessionId);
    else if (session !== current && isReused(session)) this.#bury(session);
    else if (session !== current) this.#put(session);
    this.#sweep(claim.nowMs);
    return outcome;
  }

  list(subjectId: string, nowMs: number): readonly StoredSession[] {
    const ids = [...(this.#bySubject.get(subjectId) ?? [])].reverse();
    return ids.map((id) => this.find(id, nowMs)).filter((session) => session !== undefined);
  }

  remove(id: string, nowMs: number): boolean {
    const wasThere = this.find(id, nowMs) !== undefined;
    this.#forget(id);
    return wasThere;
  }

  removeAll(subjectId: string, exceptId: string | undefined, nowMs: number): readonly string[] {
    const ids = [...(this.#bySubject.get(subjectId) ?? [])].filter((id) => id !== exceptId);
    return ids.filter((id) => this.remove(id, nowMs));
  }

  #forget(id: string): void {
    this.#drop(id);
    this.#reused.delete(id);
  }

  #bury(session: StoredSession): void {
    this.#drop(session.id);
    this.#reused.set(session.id, session);
    if (this.#reused.size > this.#maxSessions) this.#reused.delete(this.#reused.keys().next().value!);
  }

  #put(session: StoredSession): void {
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    let own = this.#bySubject.get(session.subjectId);
    if (own === undefined) this.#bySubject.set(session.subjectId, (own = new Set()));
    own.delete(session.id);
    own.add(session.id);
  }

  #drop(id: string): string {
    const session = this.#sessions.get(id);
    if (session === undefined) return id;
    this.#sessions.delete(id);
    const own = this.#bySubject.get(session.subjectId)!;
    own.delete(id);
    if (own.size === 0) this.#bySubject.delete(session.subjectId);
    return id;
  }

  /** The longest unused are the first to be idle for too long. */
  #sweep(nowMs: number): void {
    let steps = SWEEP_STEPS;
    for (const [id, session] of this.#sessions) {
      if (steps-- === 0 || !isOver(session, nowMs)) break;
      this.#drop(id);
    }
    steps = SWEEP_STEPS;
    for (const [id, session] of this.#reused) {
      if (steps-- === 0 || !isOver(session, nowMs)) return;
      this.#reused.delete(id);
    }
  }
}
