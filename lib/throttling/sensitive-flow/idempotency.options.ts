/** How long, how many and how large: how are answers kept for those who ask again? */

import { checkKeys, checkPositiveInteger, optionError } from '../../core/checks.js';
import type { IdempotencyStore } from './idempotency.store.js';

export interface IdempotencyOptions {
  /** Where answers are kept. Default: in this process's memory. */
  readonly store?: IdempotencyStore;
  /** How long an answer is kept, in milliseconds. Default 86_400_000: a day. */
  readonly keepMs?: number;
  /**
   * When a first try that never came to an end is given up, in milliseconds. Default 300_000. Longer than your handlers
   * take: after it the next try runs the handler again.
   */
  readonly leaseMs?: number;
  /** The largest answer that is kept, in bytes of JSON. Default 65_536. A repeat of a larger one is a 409, never a second run. */
  readonly maxAnswerBytes?: number;
  /** How many answers the memory store keeps. Default 10_000. Beyond it the oldest are forgotten. */
  readonly maxAnswers?: number;
  /** How many bytes the memory store keeps in all. Default 67_108_864: 64 MiB. */
  readonly maxBytes?: number;
}

export interface IdempotencySettings {
  readonly store: IdempotencyStore | undefined;
  readonly keepMs: number;
  readonly leaseMs: number;
  readonly maxAnswerBytes: number;
  readonly maxAnswers: number;
  readonly maxBytes: number;
}

const WHERE = 'security.flows.idempotency';
const NUMBERS = {
  keepMs: 86_400_000,
  leaseMs: 300_000,
  maxAnswerBytes: 65_536,
  maxAnswers: 10_000,
  maxBytes: 67_108_864,
} as const;

/** @throws TypeError naming option, value and fix. */
export function idempotencySettings(input: IdempotencyOptions = {}): IdempotencySettings {
  checkKeys(WHERE, input, ['store', ...Object.keys(NUMBERS)]);
  const { store } = input;
  if (store !== undefined && (typeof store?.begin !== 'function' || typeof store.finish !== 'function')) {
    throw optionError(`${WHERE}.store`, store, 'is no idempotency store', 'It has begin(), finish() and abandon().');
  }
  const number = (name: keyof typeof NUMBERS): number =>
    checkPositiveInteger(`${WHERE}.${name}`, input[name] ?? NUMBERS[name]);
  return Object.freeze({
    store,
    keepMs: number('keepMs'),
    leaseMs: number('leaseMs'),
    maxAnswerBytes: number('maxAnswerBytes'),
    maxAnswers: number('maxAnswers'),
    maxBytes: number('maxBytes'),
  });
}
