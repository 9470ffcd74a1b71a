/** Where buckets are kept: the contract that memory, Redis and Postgres fulfil alike. */

import type { Rate } from './rate.js';
import type { BucketAnswer } from './token-bucket.js';

export type BucketAlgorithm = 'token-bucket' | 'sliding-window';

export const BUCKET_ALGORITHMS: readonly BucketAlgorithm[] = ['token-bucket', 'sliding-window'];

/** A cost, asked of one bucket. */
export interface BucketDemand {
  /** Names the bucket: `p/authenticated/alice`. Its rate goes with it: another rate keeps what the caller had left. */
  readonly key: string;
  /**
   * Whose bucket it is: the end of the key, `alice` of `p/authenticated/alice`. A store of several servers keeps the buckets
   * of one owner together, so that a call that needs several of them asks one server. Default: the whole key.
   */
  readonly owner?: string;
  /** In tokens. Positive and finite. */
  readonly cost: number;
  readonly rate: Rate;
  /** Default `token-bucket`. */
  readonly algorithm?: BucketAlgorithm;
}

export interface BucketOutcome {
  /** True when every bucket had enough and all were charged. False: none was. */
  readonly allowed: boolean;
  /** What each bucket says, in the order of the demands. When one refuses, the others were not charged either. */
  readonly answers: readonly BucketAnswer[];
}

/**
 * Keeps buckets by key. Every implementation passes the contract suite of `test/contracts/`.
 *
 * `take` is all-or-nothing: a call that needs several buckets is never charged in some of them only. It answers without
 * a promise where nothing has to wait, throws or rejects on numbers that are not positive and finite, and does not fail
 * open: where the buckets cannot be reached it rejects.
 */
export interface BucketStore {
  take(demands: readonly BucketDemand[], nowMs: number): BucketOutcome | Promise<BucketOutcome>;
}

/** Where the app's buckets are kept. Injectable, so that a subpath or the app can bring its own. */
export const BUCKET_STORE = Symbol('bulwark:bucket-store');

/** Has the outcome to be waited for? */
export function isPending(outcome: BucketOutcome | Promise<BucketOutcome>): outcome is Promise<BucketOutcome> {
  return typeof (outcome as Promise<BucketOutcome>).then === 'function';
}
