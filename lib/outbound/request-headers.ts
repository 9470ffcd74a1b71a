/** Can these be headers of a request? */

import { SecurityError } from '../core/errors.js';
import { isHeaderValue } from './fetch/sendable-headers.js';

/** @throws SecurityError: header values, too, may come from a client, and a line break in one is no bug of ours. */
export function requestHeaders(init: RequestInit['headers'] | Readonly<Record<string, string>>): Headers {
  let headers: Headers;
  try {
    headers = new Headers(init as RequestInit['headers']);
  } catch (cause) {
    throw refused(cause);
  }
  for (const value of headers.values()) if (!isHeaderValue(value)) throw refused(undefined);
  return headers;
}

function refused(cause: unknown): SecurityError {
  return new SecurityError('invalid_input', { reason: 'outbound: header', cause });
}
