/** Keeps denials in this process's memory: bounded, and gone when they end, without timers. */

import { KEPT_IN_PROCESS } from '../../core/process-memory.js';
import { checkKeys, checkPositiveInteger } from '../../core/checks.js';
import type { Denial, RevocationStore, TokenMarks } from './revocation.store.js';

export interface MemoryRevocationStoreOptions {
  /** How many denials are kept. Default 1_000_000. Beyond it `deny` throws: forgetting one would let a token in again. */
  readonly maxDenials?: number;
}

type Kept<Kind extends Denial['kind']> = Map<string, Extract<Denial, { kind: Kind }>>;

/** How often denials that have ended are let go, and how many of a kind at a time. */
const SWEEP_MS = 1_000;
const SWEEP_STEPS = 1_000;

/** The revocations of a single process. It answers at once, never with a promise. */
export class MemoryRevocationStore implements RevocationStore {
  readonly [KEPT_IN_PROCESS] = 'revoked tokens (security.sessions.revocations)';
  readonly #maxDenials: number;
  readonly #tokens: Kept<'token'> = new Map();
  readonly #sessions: Kept<'session'> = new Map();
  readonly #subjects: Kept<'subject'> = new Map();
  readonly #all: readonly Map<string, Denial>[] = [this.#tokens, this.#sessions, this.#subjects];
  #sweptMs = -Infinity;

  /** @throws TypeError when `maxDenials` is not a positive whole number. */
  constructor(options: MemoryRevocationStoreOptions = {}) {
    checkKeys('MemoryRevocationStore', options, ['maxDenials']);
    this.#maxDenials = checkPositiveInteger('MemoryRevocationStore.maxDenials', options.maxDenials ?? 1_000_000);
  }

  /** How many denials are remembered. */
  get size(): number {
    return this.#tokens.size + this.#sessions.size + this.#subjects.size;
  }

  /** @throws RangeError when there is no room for all of them. */
  deny(denials: readonly Denial[], nowMs: number): void {
    this.#sweep(nowMs);
    this.#makeRoom(denials.length, nowMs);
    for (const denial of denials) this.#add(denial);
  }

  isDenied({ tokenId, sessionId, subjectId, stamp }: TokenMarks, nowMs: number): boolean {
    if (this.size === 0) return false;
    this.#sweep(nowMs);
    if (tokenId !== undefined && isInForce(this.#tokens.get(tokenId), nowMs)) return true;
    if (sessionId !== undefined && isInForce(this.#sessions.get(sessionId), nowMs)) return true;
    const denial = this.#subjects.get(subjectId);
    if (denial === undefined || !isInForce(denial, nowMs) || stamp >= denial.before) return false;
    return sessionId === undefined || denial.exceptSession !== sessionId;
  }

  #add(denial: Denial): void {
    switch (denial.kind) {
      case 'token':
        return keepLonger(this.#tokens, denial);
      case 'session':
        return keepLonger(this.#sessions, denial);
      case 'subject': {
        const known = this.#subjects.get(denial.id);
        if (known === undefined || denial.before > known.before) keep(this.#subjects, denial);
        return undefined;
      }
      default:
        return denial satisfies never;
    }
  }

  /** Lets go of those that have ended, the oldest first, as far as a second's turn goes. No call pays for all of them. */
  #sweep(nowMs: number): void {
    // A clock that stepped back must not put the next turn far off.
    if (nowMs >= this.#sweptMs && nowMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = nowMs;
    for (const kept of this.#all) {
      let steps = SWEEP_STEPS;
      for (const [id, denial] of kept) {
        if (steps-- === 0 || isInForce(denial, nowMs)) break;
        kept.delete(id);
      }
    }
  }

  /** @throws RangeError when there is none. */
  #makeRoom(count: number, nowMs: number): void {
    if (this.size + count <= this.#maxDenials) return;
    for (const kept of this.#all) {
      for (const [id, denial] of kept) if (!isInForce(denial, nowMs)) kept.delete(id);
    }
    if (this.size + count > this.#maxDenials) {
      throw new RangeError(`MemoryRevocationStore: there is no room for more than ${this.#maxDenials} denials.`);
    }
  }
}

/** At the end of the line, where the later ones stand. */
function keep<D extends Denial>(kept: Map<string, D>, denial: D): void {
  kept.delete(denial.id);
  kept.set(denial.id, denial);
}

function keepLonger<D extends Denial>(kept: Map<string, D>, denial: D): void {
  const known = kept.get(denial.id);
  if (known === undefined || denial.untilMs > known.untilMs) keep(kept, denial);
}

function isInForce(denial: Denial | undefined, nowMs: number): boolean {
  return denial !== undefined && nowMs < denial.untilMs;
}
