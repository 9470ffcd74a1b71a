/** What did one try of a webhook come to, and is there any use in another? */

import { OutboundError, type OutboundErrorCode } from '../fetch/outbound-error.js';
import { parseRetryAfter } from '../retry-after.js';

/**
 * Why a webhook did not arrive. `status`: the receiver answered with one that says no. `gone`: with 410, which means never
 * again. `redirect`: it sent us elsewhere, where we do not go. `queue_full`, `shutdown`: it was not tried (any more).
 * `internal`: our own fault. The rest is as the safe fetch says.
 */
export type WebhookFailure =
  OutboundErrorCode | 'status' | 'gone' | 'redirect' | 'queue_full' | 'shutdown' | 'internal';

/** One try. Nothing of what the receiver said is in it: whoever names a URL could read a network by that. */
export interface WebhookTry {
  readonly delivered: boolean;
  /** Where there was an answer. */
  readonly status?: number;
  /** Where it was not delivered. */
  readonly reason?: WebhookFailure;
  /** Might another try do better? */
  readonly retry: boolean;
  /** The receiver asked to be left alone for so many milliseconds. */
  readonly retryAfterMs?: number;
}

/** With what only the log may know, where the reason does not say it all. */
export interface JudgedTry extends WebhookTry {
  readonly detail?: string;
}

/** Statuses under 500 that may be another one next time. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
/** RFC 9110 §10.2.3 and RFC 6585 §4: where `Retry-After` says when the service is back. */
const NAMES_A_TIME: ReadonlySet<number> = new Set([429, 503]);

const GIVEN_UP: ReadonlySet<string> = new Set(['AbortError', 'TimeoutError']);

/** @param retryAfter The header as it came. */
export function judgeAnswer(status: number, retryAfter: string | null, nowMs: number): JudgedTry {
  if (status >= 200 && status < 300) return { delivered: true, status, retry: false };
  if (status === 410) return { delivered: false, status, reason: 'gone', retry: false };
  // What is signed is for one target: wherever a redirect leads, somebody else would get it.
  if (status < 400) return { delivered: false, ...(status > 0 && { status }), reason: 'redirect', retry: false };
  const retry = status >= 500 || PASSING.has(status);
  const retryAfterMs = NAMES_A_TIME.has(status) ? parseRetryAfter(retryAfter, nowMs) : undefined;
  return { delivered: false, status, reason: 'status', retry, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

/** @param error Whatever kept an answer from arriving. */
export function judgeError(error: unknown): JudgedTry {
  if (error instanceof OutboundError) {
    const reason = error.code === 'redirect_refused' ? 'redirect' : error.code;
    // What is refused by rule stays refused: an address that turned private is not knocked at again.
    return { delivered: false, reason, detail: error.reason, retry: !error.refused };
  }
  // By the caller's own signal: an app that stops waits for so long and no longer.
  if (error instanceof Error && GIVEN_UP.has(error.name)) return { delivered: false, reason: 'timeout', retry: true };
  const detail = error instanceof Error ? { detail: `${error.name}: ${error.message}` } : {};
  return { delivered: false, reason: 'internal', ...detail, retry: false };
}
