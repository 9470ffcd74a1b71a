/** Where are sessions kept? The contract that memory, Redis and Postgres fulfil alike. */

import type { TokenSubject } from '../jwt/token-subject.js';

/** One login, and every refresh token that came of it: the family. */
export interface StoredSession {
  /** `sid` of its access tokens. No secret: no token can be made from it. */
  readonly id: string;
  readonly subjectId: string;
  /** What access tokens are issued from where the app is not asked anew, and how the login was done. Plain JSON. */
  readonly subject: TokenSubject;
  readonly device?: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
  /** Idle or absolute, whichever comes first. On or after it the session is over. */
  readonly expiresAtMs: number;
  readonly absoluteExpiresAtMs: number;
  /** SHA-256 of the one refresh token that is good. */
  readonly currentDigest: string;
  /** The token before it, good for nothing but being told the current one again. */
  readonly previous?: PreviousToken;
}

export interface PreviousToken {
  readonly digest: string;
  /** The current token, encrypted so that only the previous token opens it. */
  readonly sealedNext: string;
  /** Of the client that rotated it. Empty: unknown. */
  readonly fingerprint: string;
  readonly rotatedAtMs: number;
}

/** A refresh token is presented: what it is, and what is to follow it if it is good. */
export interface RotationClaim {
  readonly sessionId: string;
  readonly presentedDigest: string;
  readonly nextDigest: string;
  readonly sealedNext: string;
  readonly fingerprint: string;
  readonly nowMs: number;
  /** How long after a rotation the previous token is still told its successor. */
  readonly graceMs: number;
  /** From now on; the absolute end stays. */
  readonly idleMs: number;
}

/**
 * - `rotated`: it was the current token. The claim's token is the current one now.
 * - `repeated`: it was the token just before, within the grace and from the same client. Nothing changed.
 * - `reused`: it is a token of this session that was spent, or none of ours. The session is good for
 *   nothing any more and is not found; until it is removed, or would have been over, whatever is presented is `reused` again:
 *   its access tokens have to be denied elsewhere, and that may fail.
 * - `expired`: the session was over. It is gone.
 * - `unknown`: there is no such session.
 */
export type RotationOutcome =
  | { readonly outcome: 'rotated' }
  | { readonly outcome: 'repeated'; readonly sealedNext: string }
  | { readonly outcome: 'reused'; readonly subjectId: string }
  | { readonly outcome: 'expired' }
  | { readonly outcome: 'unknown' };

/**
 * Keeps sessions. Every implementation passes the contract suite of `test/contracts/`.
 *
 * Each method is atomic: of any number of claims made at once with one token exactly one is `rotated`. `session-rotation.ts`
 * is the decision in plain code. A session that is over is found by nobody.
 */
export interface SessionStore {
  /**
   * Adds a session. Where the subject then has more than `limit`, the longest unused go.
   *
   * @returns the ids of those that went.
   */
  open(session: StoredSession, limit: number, nowMs: number): readonly string[] | Promise<readonly string[]>;
  find(id: string, nowMs: number): StoredSession | undefined | Promise<StoredSession | undefined>;
  rotate(claim: RotationClaim): RotationOutcome | Promise<RotationOutcome>;
  /** Those of a subject, the last used first. */
  list(subjectId: string, nowMs: number): readonly StoredSession[] | Promise<readonly StoredSession[]>;
  /** Ends a session. @returns whether there was one. */
  remove(id: string, nowMs: number): boolean | Promise<boolean>;
  /** Ends every session of a subject but one. @returns the ids of those that went. */
  removeAll(
    subjectId: string,
    exceptId: string | undefined,
    nowMs: number,
  ): readonly string[] | Promise<readonly string[]>;
}

/** Where the app's sessions are kept. Injectable, so that a subpath or the app can bring its own. */
export const SESSION_STORE = Symbol('bulwark:session-store');
