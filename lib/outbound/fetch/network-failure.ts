/** What kept an answer from arriving? What the HTTP client throws, as one of our codes. */

import { OutboundError, type OutboundErrorCode } from './outbound-error.js';

const CODES: Readonly<Record<string, OutboundErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_HEADERS_OVERFLOW: 'too_large',
};

/** The request itself is none: what the Fetch standard answers with a TypeError. */
const MISTAKES: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED']);

/** @returns An OutboundError with `error` as its cause, where it is not one already. */
export function failureOf(error: unknown, host: string): OutboundError | TypeError {
  if (error instanceof OutboundError) return error;
  const code = codeOf(error);
  if (MISTAKES.has(code)) return new TypeError((error as Error).message, { cause: error });
  return new OutboundError(CODES[code] ?? 'network', `${code} of ${host}`, { cause: error });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
