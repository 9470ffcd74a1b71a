/** Where second factors are kept: the contract that memory, Redis and Postgres fulfil alike. */

type Maybe<T> = T | Promise<T>;

/** A confirmed or pending authenticator of one user. */
export interface StoredAuthenticator {
  /** Made anew with each enrolment: what is claimed of one never counts for the next. */
  readonly id: string;
  /** The encrypted secret. */
  readonly sealed: string;
}

/** An authenticator that waits for its first code. */
export interface StoredPending extends StoredAuthenticator {
  /** The id of the authenticator that was in force when the enrolment began, and that this one may replace. Null: none was. */
  readonly replaces: string | null;
  /** In milliseconds since the epoch; over at this moment. */
  readonly expiresAtMs: number;
}

export interface Attempts {
  /** How many are allowed per window. */
  readonly limit: number;
  /** In milliseconds, counted from the first attempt. */
  readonly windowMs: number;
}

export interface AttemptVerdict {
  readonly allowed: boolean;
  /** How long to wait, in milliseconds. 0 when allowed. */
  readonly retryAfterMs: number;
}

/** A login that has passed its first factor. */
export interface StoredChallenge {
  readonly userId: string;
  /** Whom the login is for, as JSON. */
  readonly subject: string;
  /** In milliseconds since the epoch; over at this moment. */
  readonly expiresAtMs: number;
  /** How many codes may be tried. */
  readonly attempts: number;
}

/** What an attempt at a challenge finds. One without attempts is remembered until it expires. */
export interface ChallengeTry {
  readonly challenge: StoredChallenge;
  /** True: there was no attempt left to use up. */
  readonly spent: boolean;
}

/**
 * Keeps authenticators by user and challenges by the digest of their token. Every implementation passes the contract
 * suite of `test/contracts/`. Each method is one atomic step: of any number of concurrent calls that may succeed once,
 * exactly one does. Where the store cannot be reached it rejects.
 */
export interface MfaStore {
  /** Keeps an enrolment that waits for its first code, in place of an earlier one. A confirmed one stays in force. */
  setPending(userId: string, pending: StoredPending): Maybe<void>;
  /** What waits, expired or not. */
  pending(userId: string): Maybe<StoredPending | undefined>;
  /**
   * The pending authenticator becomes the user's, `step` its last step, `recovery` the only recovery codes. False, and
   * nothing changes: it is not pending any more, it has expired, or what is in force is not what it `replaces`. All of it
   * is one step: who enrolled while nothing was in force must not take over what was confirmed meanwhile.
   */
  confirm(userId: string, id: string, step: number, recovery: readonly string[], nowMs: number): Maybe<boolean>;
  /** The user's authenticator. Undefined: none is confirmed. */
  find(userId: string): Maybe<StoredAuthenticator | undefined>;
  /** The same secret, encrypted anew. Nothing happens when the user's authenticator is another by now. */
  reseal(userId: string, authenticator: StoredAuthenticator): Maybe<void>;
  /** Takes a step. False: that step or a later one was taken before, or the authenticator is another by now. */
  claimStep(userId: string, id: string, step: number): Maybe<boolean>;
  /** Replaces all recovery codes, given as digests. False: the user has no confirmed authenticator. */
  setRecoveryCodes(userId: string, digests: readonly string[]): Maybe<boolean>;
  /** Takes a recovery code away. False: there is none such. */
  claimRecoveryCode(userId: string, digest: string): Maybe<boolean>;
  /** Counts one attempt at the user's second factor, unless the window has no more. */
  countAttempt(userId: string, attempts: Attempts, nowMs: number): Maybe<AttemptVerdict>;
  /** Forgets the attempts of a user who proved to be one. */
  clearAttempts(userId: string): Maybe<void>;
  /** Forgets everything about a user's second factors, pending ones too. */
  remove(userId: string): Maybe<void>;

  addChallenge(digest: string, challenge: StoredChallenge): Maybe<void>;
  /** Uses up one attempt. Undefined: unknown, expired or completed. */
  tryChallenge(digest: string, nowMs: number): Maybe<ChallengeTry | undefined>;
  /** Completes a challenge. True for exactly one caller. */
  claimChallenge(digest: string, nowMs: number): Maybe<boolean>;
}

/** Where the app's second factors are kept. Injectable, so that a subpath or the app can bring its own. */
export const MFA_STORE = Symbol('bulwark:mfa-store');
