/** Handles secrets without leaking them through time or logs. */

import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares two secrets in time that depends on neither (ASVS 11.2.4). Strings are compared as UTF-8. */
export function equalSecrets(left: string | Uint8Array, right: string | Uint8Array): boolean {
  // Digests have one length, so not even the length of the secret shows in the time taken.
  return timingSafeEqual(sha256(left), sha256(right));
}

function sha256(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest();
}
