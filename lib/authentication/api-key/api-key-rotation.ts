/** What becomes of a key when it gets another secret? The decision alone, without a store. */

import type { KeyRotation, KeyRotationOutcome, StoredApiKey } from './api-key.store.js';

/** Former secrets that may be good at a time. One more rotation is refused: it would have to cut one of them off. */
export const MOST_FORMER = 8;

export function decideKeyRotation(key: StoredApiKey | undefined, rotation: KeyRotation): KeyRotationOutcome {
  const { nextDigest, nextExpiresAtMs, overlapUntilMs, nowMs } = rotation;
  if (key === undefined) return { outcome: 'unknown' };
  if (key.revokedAtMs !== undefined) return { outcome: 'revoked' };
  if (isExpired(key, nowMs)) return { outcome: 'expired' };
  // The current secret was good until the key expired: rotating does not make it last longer. A key ends whole: no secret of
  // it outlives the new one.
  const lastMs = Math.min(overlapUntilMs, nextExpiresAtMs);
  const superseded = { digest: key.digest, supersededAtMs: nowMs, untilMs: key.expiresAtMs };
  const former = [...key.former, superseded]
    .map((each) => Object.freeze({ ...each, untilMs: Math.min(each.untilMs, lastMs) }))
    .filter(({ untilMs }) => nowMs < untilMs);
  if (former.length > MOST_FORMER) return { outcome: 'too_many_former' };
  const next = {
    ...key,
    digest: nextDigest,
    secretSinceMs: nowMs,
    expiresAtMs: nextExpiresAtMs,
    former: Object.freeze(former),
  };
  return { outcome: 'rotated', key: Object.freeze(next) };
}

export function isExpired({ expiresAtMs }: StoredApiKey, nowMs: number): boolean {
  return nowMs >= expiresAtMs;
}
