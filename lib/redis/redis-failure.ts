/** What does an error of the client mean: an outage, or an answer that should never come? */

import { StoreUnavailableError } from '../core/store-unavailable.js';

/** What this store is called in events and errors. */
export const REDIS = 'redis';

/** Errors by which a server that answers says that it cannot serve now. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
const CANNOT_SERVE: ReadonlySet<string> = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'UNKILLABLE',
]);

/**
 * The failure as everybody who asked is told it. `outage` tells whether an outage policy applies. It does not carry the
 * client's own error as its cause: that one carries the whole command, and with it what sessions and keys are made of.
 */
export function failureOf(error: unknown, script: string): StoreUnavailableError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = errorCodeOf(message);
  const answered = name === 'ReplyError' && code !== '';
  const outage = !answered || CANNOT_SERVE.has(code) || message.includes('max number of clients');
  return unavailable(answered ? `${code} in ${script}` : lossOf(error, name, message), outage);
}

/**
 * What may be true of one slot that moves to another server just now, while every other is as well as ever. That a call was
 * sent from server to server too often may also mean that one is lost: then it happens again and again.
 */
export function isOfOneSlot(error: unknown): boolean {
  return error instanceof Error && /^(?:TRYAGAIN\b|Too many Cluster redirections)/.test(error.message);
}

/** `ECONNRESET`, or in the client's own words. */
function lossOf(error: unknown, name: string, message: string): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string') return code;
  return name === 'Error' ? message.slice(0, 80) : name;
}

/** The server's own first word: what follows may quote what it was sent. Before Redis 7 an error in a script is wrapped. */
function errorCodeOf(message: string): string {
  const inScript = /^ERR .*@user_script: ?\d+: ?-?([A-Z]{2,})\b/.exec(message);
  return (inScript ?? /^([A-Z]+)/.exec(message))?.[1] ?? '';
}

export function unavailable(why: string, outage = true): StoreUnavailableError {
  return new StoreUnavailableError(REDIS, why, { outage });
}
