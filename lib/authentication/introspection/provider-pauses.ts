/** May the provider be asked about this token now? One that is not well is left alone for a moment, by those it may concern. */

import type { TokenDigest } from '../jwt/remembered-tokens.js';

/** How long a failure keeps others from asking. */
const PAUSE_MS = 1_000;

/** So many strangers in a row on which it fails, and it is the provider, not the tokens. */
const MOST_FAILURES = 4;

/** `all`: it would answer no better for another token. `one`: that may be because of this one, which somebody made up. */
export type FaultReach = 'all' | 'one';

/**
 * Tokens that the provider has vouched for (known) wait only for failures of their own kind: what anybody can send must not shut
 * out those who are in. A made-up token on which the provider fails shuts out nobody by itself.
 */
export class ProviderPauses {
  #knownFailedAtMs = -Infinity;
  #failedAtMs = -Infinity;
  /** Strangers on which it failed since it last answered one, and when. */
  readonly #failed = new Map<TokenDigest, number>();

  isOver(digest: TokenDigest, isKnown: boolean, nowMs: number): boolean {
    if (isWithin(this.#knownFailedAtMs, nowMs)) return false;
    if (isKnown) return true;
    return !isWithin(this.#failedAtMs, nowMs) && !isWithin(this.#failed.get(digest) ?? -Infinity, nowMs);
  }

  failed(digest: TokenDigest, isKnown: boolean, reach: FaultReach, nowMs: number): void {
    if (isKnown) this.#knownFailedAtMs = nowMs;
    else if (reach === 'all') this.#failedAtMs = nowMs;
    else {
      for (const [earlier, sinceMs] of this.#failed) if (!isWithin(sinceMs, nowMs)) this.#failed.delete(earlier);
      this.#failed.set(digest, nowMs);
      if (this.#failed.size >= MOST_FAILURES) this.#failedAtMs = nowMs;
    }
  }

  answered(): void {
    this.#failed.clear();
  }
}

/** A clock that stepped back must not make it longer. */
function isWithin(sinceMs: number, nowMs: number): boolean {
  return nowMs >= sinceMs && nowMs - sinceMs < PAUSE_MS;
}
