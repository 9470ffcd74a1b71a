/** Where failed logins are counted: the contract that memory, Redis and Postgres fulfil alike. */

import type { DelayPolicy } from './failure-record.js';

type Maybe<T> = T | Promise<T>;

/** One try, as it is counted. */
export interface LoginKeys {
  /** A digest of the account's name: people type passwords into that field. */
  readonly account: string;
  readonly address: string;
}

export interface LoginPolicy {
  /** For one account from one address, and for one account from everywhere. */
  readonly account: DelayPolicy;
  /** For one address, over all accounts. */
  readonly address: DelayPolicy;
  readonly stuffing: {
    /** From this many accounts on, an address is trying out leaked passwords. */
    readonly accounts: number;
    /** Within this many milliseconds. */
    readonly windowMs: number;
  };
  /** How long an address is known as an account's own after a success, in milliseconds. */
  readonly knownForMs: number;
  /** Can callers be asked to prove that they are people? */
  readonly challenges: boolean;
}

/** Why a try was not let through. The last two are open to a challenge. */
export type LoginObstacle = 'address' | 'account_from_address' | 'account_under_attack' | 'credential_stuffing';

export interface LoginVerdict {
  /** Undefined: the try may be made, and is counted as a failure until `succeed` or `release` says otherwise. */
  readonly obstacle?: LoginObstacle;
  /** How long to wait, in milliseconds. 0 where there is no obstacle. */
  readonly retryAfterMs: number;
  /** How many accounts this address tries: set once per window, by the try that made them too many. */
  readonly stuffing?: number;
}

/**
 * Counts failures. Every implementation passes the contract suite of `test/contracts/`. Each method is one atomic step:
 * of any number of tries that begin at once, no more are let through than of those made in a row. Where the store cannot
 * be reached it rejects.
 *
 * An account is refused to an address only for what that address did: it has failed too often by itself, or it has failed
 * at all while the account is under attack from everywhere. An address that the account's owner came from before is
 * refused for its own failures only.
 */
export interface LoginDefenceStore {
  /** @param isChallenged True where the caller has proved to be a person. */
  begin(keys: LoginKeys, policy: LoginPolicy, nowMs: number, isChallenged: boolean): Maybe<LoginVerdict>;
  /** The try failed: what `begin` counted stands, and the address has tried one account more. */
  fail(keys: LoginKeys, policy: LoginPolicy, nowMs: number): Maybe<Pick<LoginVerdict, 'stuffing'>>;
  /** The try succeeded: the address gets back what `begin` counted, the account's failures are forgotten. */
  succeed(keys: LoginKeys, policy: LoginPolicy, nowMs: number): Maybe<void>;
  /** Nobody knows what came of the try: everything that `begin` counted is given back. */
  release(keys: LoginKeys, policy: LoginPolicy, nowMs: number): Maybe<void>;
}

/** Where the app's failed logins are counted. Injectable, so that a subpath or the app can bring its own. */
export const LOGIN_DEFENCE_STORE = Symbol('bulwark:login-defence-store');
