/** Has this been asked before? The contract that memory, Redis and Postgres fulfil alike. */

/** An answer as it left. Plain data, so that any store can keep it as JSON. */
export interface StoredAnswer {
  /** `body`: the handler answered. `refusal`: it threw, with a status under 500. `lost`: it answered what cannot be kept, or not any more. */
  readonly kind: 'body' | 'refusal' | 'lost';
  readonly status: number;
  /** Lower case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. Undefined: no body at all. */
  readonly body?: string;
  /** Our own code, where the handler refused with a `SecurityError`. */
  readonly code?: string;
}

export interface IdempotencyClaim {
  /** Names caller, route and the client's key: a digest. */
  readonly key: string;
  /** Random, one per try: only who holds the claim can finish it. A first try that was given up cannot overwrite its successor. */
  readonly claim: string;
}

export interface IdempotencyBegin extends IdempotencyClaim {
  /** What was asked, and with which rights: a digest of method, target, body and grant. */
  readonly digest: string;
  /** Names the caller: a digest. For stores that share what room they have. */
  readonly owner: string;
  readonly nowMs: number;
  /** How long the claim holds without an answer, in milliseconds. */
  readonly leaseMs: number;
}

export interface IdempotencyFinish extends IdempotencyClaim {
  readonly answer: StoredAnswer;
  readonly nowMs: number;
  /** How long the answer is kept, in milliseconds. */
  readonly keepMs: number;
}

/**
 * `started`: nobody has asked this before, and the key is now claimed. `running`: somebody is at it. `replay`: it was
 * answered. `conflict`: the key stands for another request, running or answered.
 */
export type IdempotencyOutcome =
  | { readonly outcome: 'started' }
  | { readonly outcome: 'running' }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'replay'; readonly answer: StoredAnswer };

/**
 * Keeps what was answered under a key. Every implementation passes the contract suite of `test/contracts/`.
 *
 * `begin` is one atomic step: of any number of calls with the same key exactly one is told `started`, until it is
 * finished, abandoned, or its lease ends. It does not fail open: where the store cannot be reached it rejects.
 */
export interface IdempotencyStore {
  begin(begin: IdempotencyBegin): IdempotencyOutcome | Promise<IdempotencyOutcome>;
  /** Keeps the answer. Does nothing for a claim that no longer holds. */
  finish(finish: IdempotencyFinish): void | Promise<void>;
  /** Frees the key, as if nobody had asked. Does nothing for a claim that no longer holds. */
  abandon(claim: IdempotencyClaim): void | Promise<void>;
}

/** Where answers are kept. Injectable, so that a subpath or the app can bring its own. */
export const IDEMPOTENCY_STORE = Symbol('bulwark:idempotency-store');
