/** Is this the key, and is it good? The decision alone, without a store. */

import { equalSecrets } from '../../core/secrets.js';
import { isExpired } from './api-key-rotation.js';
import type { FormerSecret, StoredApiKey } from './api-key.store.js';

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
