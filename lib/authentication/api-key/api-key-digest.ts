/** What is kept of a key, and is this the key? */

import { createHmac, hash } from 'node:crypto';
import { equalSecrets } from '../../core/secrets.js';
import { isExpired } from './api-key-rotation.js';
import type { FormerSecret, StoredApiKey } from './api-key.store.js';

/** A key has 256 random bits: one fast digest is as good as a slow one, and nobody waits for it. */
export function digestOfKey(text: string, pepper: string | undefined): string {
  return pepper === undefined
    ? hash('sha256', text, 'base64url')
    : createHmac('sha256', pepper).update(text).digest('base64url');
}

/** Good: with the current secret, or with a former one. Refused: for this reason. */
export type KeyVerdict = { readonly superseded: FormerSecret | undefined } | { readonly refused: string };

/** The secret first: whoever cannot prove it learns nothing of the key, not even from the time taken. */
export function judgeKey(key: StoredApiKey | undefined, digest: string, nowMs: number): KeyVerdict {
  if (key === undefined) return { refused: 'api_key_unknown' };
  let isGood = equalSecrets(digest, key.digest);
  let superseded: FormerSecret | undefined;
  // All of them, whichever it is.
  for (const former of key.former) if (equalSecrets(digest, former.digest)) superseded = former;
  isGood ||= superseded !== undefined;
  if (!isGood) return { refused: 'api_key_wrong_secret' };
  if (key.revokedAtMs !== undefined) return { refused: 'api_key_revoked' };
  if (isExpired(key, nowMs)) return { refused: 'api_key_expired' };
  if (superseded !== undefined && nowMs >= superseded.untilMs) return { refused: 'api_key_overlap_over' };
  return { superseded };
}
