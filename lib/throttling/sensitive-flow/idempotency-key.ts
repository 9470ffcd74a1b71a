/** Which key did the client give? The `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header-07). */

import type { Call } from '../../core/call.js';
import { SecurityError } from '../../core/errors.js';

/** A structured string (RFC 9651 §3.3.3), without escapes: keys are UUIDs and the like. */
const QUOTED = /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"$/;
/** What most clients send: the same without the quotes. */
const BARE = /^[A-Za-z0-9_.:~+/=-]{1,255}$/;

/** Undefined: none was given. @throws SecurityError `invalid_request` for what is no key, or several. */
export function idempotencyKeyOf(call: Call): string | undefined {
  const value = call.request.headers['idempotency-key'];
  if (value === undefined) return undefined;
  const key = typeof value !== 'string' ? undefined : BARE.test(value) ? value : QUOTED.exec(value)?.[1];
  if (key === undefined) {
    throw new SecurityError('invalid_request', {
      reason: 'idempotency_key_malformed',
      extensions: { detail: 'Idempotency-Key is one string of 1 to 255 printable characters.' },
    });
  }
  return key;
}

export function keyMissing(): SecurityError {
  return new SecurityError('invalid_request', {
    reason: 'idempotency_key_missing',
    extensions: { detail: 'This endpoint needs an Idempotency-Key header.' },
  });
}
