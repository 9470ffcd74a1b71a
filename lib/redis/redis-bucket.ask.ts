/** What is asked of each bucket, and what does its answer mean? */

import { createMeter, type BucketMeter } from '../throttling/bucket.meter.js';
import type { BucketAlgorithm, BucketDemand, BucketOutcome } from '../throttling/bucket.store.js';
import type { Rate } from '../throttling/rate.js';
import { WindowScale } from '../throttling/sliding-window.js';
import type { BucketAnswer } from '../throttling/token-bucket.js';
import { checkPositive, TokenScale } from '../throttling/token-scale.js';
import { yesOrNo } from './redis-replies.js';

/** The arithmetic of a rate, and the words by which the script knows it. */
export interface KnownRate {
  readonly meter: BucketMeter;
  readonly words: string;
}

/** One bucket of a call. */
export class BucketAsk {
  /** What Redis says that it holds now, as its meter reads it. */
  readonly held: [number, number, number] = [0, 0, 0];

  /** @param units What the demands ask of it together: a call may name a bucket twice. */
  constructor(
    readonly key: string,
    readonly rate: KnownRate,
    public units: number,
  ) {}

  /** Five words, as the script reads them. */
  get words(): string {
    return `${this.rate.words} ${this.units}`;
  }
}

/** A call, as it is put to Redis and as its answer is read. */
export interface BucketCall {
  /** Each bucket once. */
  readonly asks: readonly BucketAsk[];
  /** For each demand its bucket, and what it and those before it ask of that bucket. */
  readonly demands: readonly { readonly ask: BucketAsk; readonly units: number }[];
}

export class KnownRates {
  /** As long as somebody has the rate. */
  readonly #known: Readonly<Record<BucketAlgorithm, WeakMap<Rate, KnownRate>>> = {
    'token-bucket': new WeakMap(),
    'sliding-window': new WeakMap(),
  };

  of(rate: Rate, algorithm: BucketAlgorithm): KnownRate {
    const rates = this.#known[algorithm];
    let known = rates.get(rate);
    if (known === undefined) {
      known = Object.freeze({ meter: createMeter(algorithm, rate), words: wordsOf(rate, algorithm) });
      rates.set(rate, known);
    }
    return known;
  }
}

/** A number in JavaScript's words is the same number in Lua's: both are the shortest that is read back exactly. */
function wordsOf(rate: Rate, algorithm: BucketAlgorithm): string {
  if (algorithm === 'token-bucket') {
    const { full, perMs, perToken } = new TokenScale(rate);
    return `t ${full} ${perMs} ${perToken}`;
  }
  const { limit, lengthMs } = new WindowScale(rate);
  return `w ${limit} ${lengthMs} 0`;
}

/** @throws TypeError, RangeError when a number is not positive and finite, or a bucket is asked at two rates. */
export function bucketCall(
  demands: readonly BucketDemand[],
  rates: KnownRates,
  keyOf: (demand: BucketDemand) => string,
): BucketCall {
  const asks: BucketAsk[] = [];
  const list: { ask: BucketAsk; units: number }[] = [];
  for (const demand of demands) {
    checkPositive('cost', demand.cost);
    const rate = rates.of(demand.rate, demand.algorithm ?? 'token-bucket');
    const units = rate.meter.unitsOf(demand.cost);
    const key = keyOf(demand);
    let ask = asks.find((other) => other.key === key);
    if (ask === undefined) {
      ask = new BucketAsk(key, rate, units);
      asks.push(ask);
    } else if (ask.rate === rate) {
      ask.units += units;
    } else {
      throw new TypeError('One call asks the same bucket at two rates. Give each rate its own key.');
    }
    list.push({ ask, units: ask.units });
  }
  return { asks, demands: list };
}

export interface BucketReply {
  readonly allowed: boolean;
  readonly nowMs: number;
}

/** Reads what the script says into the asks. Undefined: it is not what the script says. */
export function readReply(reply: unknown, asks: readonly BucketAsk[]): BucketReply | undefined {
  if (!Array.isArray(reply)) return undefined;
  const allowed = yesOrNo(reply[0]);
  const nowMs = Number(reply[1]);
  let at = 2;
  for (const { held, rate } of asks) {
    held[0] = Number(reply[at++]);
    const isWindow = rate.meter.algorithm === 'sliding-window';
    // A token bucket is as of now.
    held[1] = isWindow ? Number(reply[at++]) : nowMs;
    held[2] = isWindow ? Number(reply[at++]) : 0;
    if (Number.isNaN(held[0] + held[1] + held[2])) return undefined;
  }
  return allowed !== undefined && at === reply.length ? { allowed, nowMs } : undefined;
}

/** What each demand is told, by the very arithmetic that the memory store uses. */
export function outcomeOf({ demands }: BucketCall, { allowed, nowMs }: BucketReply): BucketOutcome {
  const answers: BucketAnswer[] = [];
  // Meters read numbers from a table. This one has one row.
  const table = new Float64Array(3);
  for (const { ask, units } of demands) {
    const { meter } = ask.rate;
    table.set(ask.held);
    const enough = allowed || meter.admits(table, 0, units, nowMs);
    answers.push(meter.answer(table, 0, units, enough, nowMs));
  }
  return { allowed, answers };
}
