/** Handles secrets without leaking them through time or logs. */

import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares two secrets in time that depends on neither (ASVS 11.2.4). Strings are compared as UTF-8. */
export function equalSecrets(left: string | Uint8Array, right: string | Uint8Array): boolean {
  // Digests have one length, so not even the length of the secret shows in the time taken.
  return timingSafeEqual(sha256(left), sha256(right));
}

/** A short digest to correlate by. Says nothing about the secret and cannot be turned back into it. */
export function fingerprint(secret: string | Uint8Array): string {
  return sha256(secret).toString('hex').slice(0, 12);
}

function sha256(value: string | Uint8Array): Buffer {
  return createHash('sha256').update(value).digest();
}
