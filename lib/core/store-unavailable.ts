/** What is said when the place that keeps the truth cannot be asked: try again soon, and never a guess. */

import { SecurityError } from './errors.js';

export interface StoreUnavailableOptions {
  /** What went wrong, for the log. */
  readonly cause?: unknown;
  /** When to try again, in whole seconds. Default 1. */
  readonly retryAfterSeconds?: number;
  /**
   * False: the store answered, but with an error that is nobody's outage (no permission, a key of another type). No outage
   * policy applies to that: it is refused. Default true.
   */
  readonly outage?: boolean;
}

/**
 * A store could not be asked, or did not answer in time: 503 with `Retry-After` (RFC 9110 §15.6.4). What was asked of it
 * may or may not have happened. Stores reject with it; whoever asks them lets it pass, so that an outage is never told as a
 * wrong credential (401) and never as a crash (500).
 */
export class StoreUnavailableError extends SecurityError {
  /** False: not an outage, but an answer that should never come. */
  readonly outage: boolean;

  /**
   * @param store Who did not answer: `redis`.
   * @param why For the log, without secrets: `timeout`.
   */
  constructor(
    readonly store: string,
    why: string,
    { cause, retryAfterSeconds = 1, outage = true }: StoreUnavailableOptions = {},
  ) {
    super('store_unavailable', {
      reason: `${store}: ${why}`,
      headers: { 'Retry-After': String(retryAfterSeconds) },
      cause,
    });
    this.outage = outage;
  }
}
