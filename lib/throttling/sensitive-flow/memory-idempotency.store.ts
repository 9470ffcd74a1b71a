/** Keeps answers in this process's memory: bounded in number and bytes, fair among callers, without timers. */

import { KEPT_IN_PROCESS } from '../../core/process-memory.js';
import { checkKeys, checkPositiveInteger } from '../../core/checks.js';
import { FairShares } from './fair-shares.js';
import type {
  IdempotencyBegin,
  IdempotencyClaim,
  IdempotencyFinish,
  IdempotencyOutcome,
  IdempotencyStore,
  StoredAnswer,
} from './idempotency.store.js';

export interface MemoryIdempotencyStoreOptions {
  /** How many keys are kept. Default 10_000. Beyond it who has the most loses their oldest answer; what still runs is never forgotten. */
  readonly maxAnswers?: number;
  /** How many bytes of answers are kept in all. Default 67_108_864: 64 MiB. Beyond it only that there was an answer is kept. */
  readonly maxBytes?: number;
}

interface Entry {
  readonly owner: string;
  readonly digest: string;
  readonly claim: string;
  /** When the claim, or the answer, is given up. */
  readonly untilMs: number;
  readonly answer: StoredAnswer | undefined;
  readonly bytes: number;
}

/** Keys looked at on every call, so that old ones leave without a timer and without a pause. */
const SWEEP_STEPS = 4;

export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly [KEPT_IN_PROCESS] = 'answers by idempotency key (security.flows.idempotency.store)';
  // Two maps, each in the order of age: what runs must never be looked through to find what may go.
  readonly #running = new Map<string, Entry>();
  readonly #answered = new Map<string, Entry>();
  readonly #maxAnswers: number;
  readonly #maxBytes: number;
  /** Who has answers, and who has answers with bytes. */
  readonly #answers = new FairShares();
  readonly #bodies = new FairShares();
  #bytes = 0;

  /** @throws TypeError when a number is not a positive whole one. */
  constructor(options: MemoryIdempotencyStoreOptions = {}) {
    const where = 'MemoryIdempotencyStore';
    checkKeys(where, options, ['maxAnswers', 'maxBytes']);
    this.#maxAnswers = checkPositiveInteger(`${where}.maxAnswers`, options.maxAnswers ?? 10_000);
    this.#maxBytes = checkPositiveInteger(`${where}.maxBytes`, options.maxBytes ?? 67_108_864);
  }

  get size(): number {
    return this.#running.size + this.#answered.size;
  }

  /** @throws Error when every key that is kept is still running. */
  begin({ key, owner, digest, claim, nowMs, leaseMs }: IdempotencyBegin): IdempotencyOutcome {
    this.#sweep(nowMs);
    const known = this.#running.get(key) ?? this.#answered.get(key);
    if (known !== undefined && known.untilMs > nowMs) return verdictOn(known, digest);
    this.#forget(key);
    while (this.size >= this.#maxAnswers) this.#forgetOldest(nowMs);
    this.#running.set(key, { owner, digest, claim, untilMs: nowMs + leaseMs, answer: undefined, bytes: 0 });
    return { outcome: 'started' };
  }

  finish({ key, claim, answer, nowMs, keepMs }: IdempotencyFinish): void {
    const running = this.#running.get(key);
    if (running?.claim !== claim) return;
    this.#running.delete(key);
    const bytes = sizeOf(answer);
    this.#answered.set(key, { ...running, answer, untilMs: nowMs + keepMs, bytes });
    this.#answers.add(running.owner, key);
    if (bytes > 0) this.#bodies.add(running.owner, key);
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) this.#lose(this.#bodies.next()!);
  }

  abandon({ key, claim }: IdempotencyClaim): void {
    if (this.#running.get(key)?.claim === claim) this.#running.delete(key);
  }

  #sweep(nowMs: number): void {
    for (const entries of [this.#running, this.#answered]) {
      let steps = SWEEP_STEPS;
      for (const [key, { untilMs }] of entries) {
        if (steps-- === 0) break;
        if (untilMs <= nowMs) this.#forget(key);
      }
    }
  }

  #forgetOldest(nowMs: number): void {
    const oldest = this.#answers.next();
    if (oldest !== undefined) return this.#forget(oldest);
    for (const [key, { untilMs }] of this.#running) if (untilMs <= nowMs) return this.#forget(key);
    throw new Error(`MemoryIdempotencyStore: all ${this.#maxAnswers} keys are running.`);
  }

  /** The answer goes, the key stays: what was done must not be done again for want of room. */
  #lose(key: string): void {
    const entry = this.#answered.get(key)!;
    this.#bytes -= entry.bytes;
    this.#bodies.delete(entry.owner, key);
    this.#answered.set(key, {
      ...entry,
      answer: { kind: 'lost', status: entry.answer!.status, headers: {} },
      bytes: 0,
    });
  }

  #forget(key: string): void {
    this.#running.delete(key);
    const entry = this.#answered.get(key);
    if (entry === undefined) return;
    this.#answered.delete(key);
    this.#answers.delete(entry.owner, key);
    this.#bodies.delete(entry.owner, key);
    this.#bytes -= entry.bytes;
  }
}

function verdictOn({ digest, answer }: Entry, asked: string): IdempotencyOutcome {
  if (digest !== asked) return { outcome: 'conflict' };
  return answer === undefined ? { outcome: 'running' } : { outcome: 'replay', answer };
}

function sizeOf({ body = '', headers }: StoredAnswer): number {
  return (
    Buffer.byteLength(body) +
    Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  );
}
