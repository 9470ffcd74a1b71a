/** Can these be headers of a request? */

import { SecurityError } from '../core/errors.js';

/** @throws SecurityError: header values, too, may come from a client, and a line break in one is no bug of ours. */
export function headersOf(init: RequestInit['headers'] | Readonly<Record<string, string>>): Headers {
  try {
    return new Headers(init as RequestInit['headers']);
  } catch (cause) {
    throw new SecurityError('invalid_input', { reason: 'outbound: header', cause });
  }
}
