/** What becomes of a session when one of its refresh tokens is presented? The decision alone, without a store. */

import type { RotationClaim, RotationOutcome, StoredSession } from './session.store.js';

export interface RotationDecision {
  readonly outcome: RotationOutcome;
  /** The session afterwards. Undefined: it is gone. */
  readonly session: StoredSession | undefined;
}

export function decideRotation(session: StoredSession | undefined, claim: RotationClaim): RotationDecision {
  if (session === undefined) return { outcome: { outcome: 'unknown' }, session: undefined };
  if (isOver(session, claim.nowMs)) return { outcome: { outcome: 'expired' }, session: undefined };
  if (isReused(session)) return { outcome: { outcome: 'reused', subjectId: session.subjectId }, session };
  if (claim.presentedDigest === session.currentDigest) {
    return { outcome: { outcome: 'rotated' }, session: rotated(session, claim) };
  }
  if (isRetry(session, claim)) {
    return { outcome: { outcome: 'repeated', sealedNext: session.previous!.sealedNext }, session };
  }
  // RFC 9700 §4.14.2: a spent token comes again, so two parties have it. Which of them is the thief nobody can tell.
  return {
    outcome: { outcome: 'reused', subjectId: session.subjectId },
    session: Object.freeze({ ...session, currentDigest: REUSED }),
  };
}

/** In place of a digest: the session is good for nothing, and kept so that whoever asks again is told the same. */
const REUSED = '';

export function isReused({ currentDigest }: StoredSession): boolean {
  return currentDigest === REUSED;
}

export function isOver({ expiresAtMs }: StoredSession, nowMs: number): boolean {
  return nowMs >= expiresAtMs;
}

/** The same client, soon after, with the token just before: its answer was lost on the way (FAPI 2.0 §5.3.2.1). */
function isRetry({ previous }: StoredSession, claim: RotationClaim): boolean {
  if (previous === undefined || previous.digest !== claim.presentedDigest) return false;
  // In both directions: another process's clock may be behind, but none may step back and reopen a grace long over.
  const apartMs = Math.abs(claim.nowMs - previous.rotatedAtMs);
  return claim.graceMs > 0 && apartMs <= claim.graceMs && previous.fingerprint === claim.fingerprint;
}

function rotated(session: StoredSession, claim: RotationClaim): StoredSession {
  const { presentedDigest, nextDigest, sealedNext, fingerprint, nowMs, idleMs } = claim;
  return Object.freeze({
    ...session,
    lastUsedAtMs: Math.max(session.lastUsedAtMs, nowMs),
    expiresAtMs: Math.min(nowMs + idleMs, session.absoluteExpiresAtMs),
    currentDigest: nextDigest,
    previous: Object.freeze({ digest: presentedDigest, sealedNext, fingerprint, rotatedAtMs: nowMs }),
  });
}
