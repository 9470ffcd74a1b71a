/** Where is it kept which tokens are good no more? The contract that memory, Redis and Postgres fulfil alike. */

import type { IssueStamp } from '../jwt/issue-stamp.js';

/** Refuses tokens before they expire: one of them, those of a session, or those that a subject was issued up to now. */
export type Denial =
  | { readonly kind: 'token'; readonly id: string; readonly untilMs: number }
  | { readonly kind: 'session'; readonly id: string; readonly untilMs: number }
  | {
      readonly kind: 'subject';
      readonly id: string;
      /** Tokens with a smaller stamp are refused. */
      readonly before: IssueStamp;
      /** The session whose tokens are good all the same. */
      readonly exceptSession?: string;
      readonly untilMs: number;
    };

/** What denials know a token by. */
export interface TokenMarks {
  readonly tokenId: string | undefined;
  readonly sessionId: string | undefined;
  readonly subjectId: string;
  readonly stamp: IssueStamp;
}

/**
 * Keeps denials until they end by themselves. Every implementation passes the contract suite of `test/contracts/`.
 *
 * It answers without a promise where nothing has to wait, and does not fail open: where denials cannot be reached, or
 * there is no room for another, it throws or rejects.
 */
export interface RevocationStore {
  /**
   * Adds denials, all or none. Of two for one id the later end counts; for a subject the greater `before` replaces the
   * other one whole, exception included.
   */
  deny(denials: readonly Denial[], nowMs: number): void | Promise<void>;
  /** Does any denial that has not ended refuse this token? Asked for every authenticated call. */
  isDenied(token: TokenMarks, nowMs: number): boolean | Promise<boolean>;
}

/** Where the app's denials are kept. Injectable, so that a subpath or the app can bring its own. */
export const REVOCATION_STORE = Symbol('bulwark:revocation-store');
