/** Keeps buckets in this process's memory: bounded, without timers, and in 64 bytes a key. */

import { KEPT_IN_PROCESS } from '../core/process-memory.js';
import { checkKeys, checkPositiveInteger } from '../core/checks.js';
import type { BucketMeter } from './bucket.meter.js';
import type { BucketDemand, BucketOutcome, BucketStore } from './bucket.store.js';
import { BucketTable } from './bucket-table.js';
import { KeyHash } from './key-hash.js';
import { MeterList } from './meter-list.js';
import type { BucketAnswer } from './token-bucket.js';
import { checkPositive, checkTime } from './token-scale.js';

export interface MemoryBucketStoreOptions {
  /**
   * How many buckets are kept. Default 1_000_000. Beyond it full ones are forgotten first, then the longest unused: exactly
   * so up to 1024 buckets, beyond them the best candidate among 32 at a time.
   */
  readonly maxKeys?: number;
}

/** Records looked at on every take, so that full buckets leave without a timer and without a pause. */
const SWEEP_STEPS = 2;
/** Records looked at for one to forget when there is no room. A smaller table is looked through as a whole. */
const EVICTION_STEPS = 32;
const SMALL_TABLE = 1024;

/**
 * The bucket store of a single process. Keys are kept as 64-bit keyed hashes: among a million keys two share a bucket
 * with a probability of 1 in 37 million, and nobody outside can choose them to. It answers at once, never with a promise.
 */
export class MemoryBucketStore implements BucketStore {
  readonly [KEPT_IN_PROCESS] = 'rate limits (security.throttling.store)';
  readonly #maxKeys: number;
  readonly #hash = new KeyHash();
  readonly #table = new BucketTable();
  readonly #meters = new MeterList();
  #hand = 0;
  // What is known of each demand of the take under way. Kept between takes, so that a take allocates its answer only.
  readonly #low: number[] = [];
  readonly #high: number[] = [];
  readonly #records: number[] = [];
  readonly #used: BucketMeter[] = [];
  readonly #units: number[] = [];

  /** @throws TypeError when `maxKeys` is not a positive whole number. */
  constructor(options: MemoryBucketStoreOptions = {}) {
    checkKeys('MemoryBucketStore', options, ['maxKeys']);
    this.#maxKeys = checkPositiveInteger('MemoryBucketStore.maxKeys', options.maxKeys ?? 1_000_000);
  }

  /** How many buckets are remembered. */
  get size(): number {
    return this.#table.size;
  }

  take(demands: readonly BucketDemand[], nowMs: number): BucketOutcome {
    checkTime(nowMs);
    for (let step = 0; step < SWEEP_STEPS; step++) this.#forgetIfIdle(nowMs);
    return (demands.length === 1 ? this.#takeKnown(demands[0]!, nowMs) : undefined) ?? this.#takeAll(demands, nowMs);
  }

  /** The usual call: one bucket, there already, at the rate that it had. Undefined for any other. */
  #takeKnown({ key, cost, rate, algorithm = 'token-bucket' }: BucketDemand, nowMs: number): BucketOutcome | undefined {
    checkPositive('cost', cost);
    this.#hash.of(key);
    const record = this.#table.find(this.#hash.low, this.#hash.high);
    if (record === -1) return undefined;
    const number = this.#meters.numberOf(rate, algorithm);
    if (this.#table.meterOf(record) !== number) return undefined;
    const meter = this.#meters.at(number);
    const units = meter.unitsOf(cost);
    const numbers = this.#table.numbersOf(record);
    const at = this.#table.offsetOf(record);
    this.#table.touch(record);
    meter.renew(numbers, at, nowMs);
    const allowed = meter.admits(numbers, at, units, nowMs);
    if (allowed) meter.charge(numbers, at, units);
    return { allowed, answers: [meter.answer(numbers, at, units, allowed, nowMs)] };
  }

  #takeAll(demands: readonly BucketDemand[], nowMs: number): BucketOutcome {
    this.#locate(demands, nowMs);

    let allowed = true;
    const enough = this.#judge(demands.length, nowMs);
    for (const one of enough) allowed &&= one;
    if (allowed) this.#charge(demands.length);

    const answers: BucketAnswer[] = [];
    for (let index = 0; index < demands.length; index++) {
      const record = this.#records[index]!;
      const at = this.#table.offsetOf(record);
      const units = this.#unitsUpTo(index, record);
      answers.push(this.#used[index]!.answer(this.#table.numbersOf(record), at, units, enough[index]!, nowMs));
    }
    return { allowed, answers };
  }

  /** Finds or makes every record, and brings it to the present. From here on no record moves. */
  #locate(demands: readonly BucketDemand[], nowMs: number): void {
    for (let index = 0; index < demands.length; index++) {
      checkPositive('cost', demands[index]!.cost);
      this.#hash.of(demands[index]!.key);
      this.#low[index] = this.#hash.low;
      this.#high[index] = this.#hash.high;
    }
    let missing = this.#find(demands.length);
    while (missing > 0 && this.#table.size > 0 && this.#table.size + missing > this.#maxKeys) {
      this.#evict(nowMs);
      missing = this.#find(demands.length);
    }
    for (let index = 0; index < demands.length; index++) this.#open(index, demands[index]!, nowMs);
  }

  #find(count: number): number {
    let missing = 0;
    for (let index = 0; index < count; index++) {
      const record = this.#table.find(this.#low[index]!, this.#high[index]!);
      this.#records[index] = record;
      if (record === -1) missing++;
      else this.#table.touch(record);
    }
    return missing;
  }

  #open(index: number, { rate, cost, algorithm = 'token-bucket' }: BucketDemand, nowMs: number): void {
    const number = this.#meters.numberOf(rate, algorithm);
    const meter = this.#meters.at(number);
    this.#used[index] = meter;
    this.#units[index] = meter.unitsOf(cost);

    // Asked again, for the demand before may have made it.
    let record = this.#records[index]!;
    if (record === -1) record = this.#table.find(this.#low[index]!, this.#high[index]!);
    if (record === -1) {
      record = this.#table.insert(this.#low[index]!, this.#high[index]!);
      this.#table.setMeter(record, number);
      this.#meters.use(number);
      meter.start(this.#table.numbersOf(record), this.#table.offsetOf(record), nowMs);
    } else {
      const current = this.#table.meterOf(record);
      if (current !== number) this.#changeMeter(record, current, number, nowMs);
      meter.renew(this.#table.numbersOf(record), this.#table.offsetOf(record), nowMs);
    }
    this.#records[index] = record;
  }

  #changeMeter(record: number, from: number, to: number, nowMs: number): void {
    const at = this.#table.offsetOf(record);
    this.#meters.at(to).adopt(this.#table.numbersOf(record), at, this.#meters.at(from), nowMs);
    this.#table.setMeter(record, to);
    this.#meters.use(to);
    this.#meters.release(from);
  }

  #judge(count: number, nowMs: number): boolean[] {
    const enough: boolean[] = [];
    for (let index = 0; index < count; index++) {
      const record = this.#records[index]!;
      const units = this.#unitsUpTo(index, record);
      const at = this.#table.offsetOf(record);
      enough.push(this.#used[index]!.admits(this.#table.numbersOf(record), at, units, nowMs));
    }
    return enough;
  }

  #charge(count: number): void {
    for (let index = 0; index < count; index++) {
      const record = this.#records[index]!;
      this.#used[index]!.charge(this.#table.numbersOf(record), this.#table.offsetOf(record), this.#units[index]!);
    }
  }

  /** What the demands up to this one ask of one bucket together: a key may be named twice. */
  #unitsUpTo(index: number, record: number): number {
    let units = this.#units[index]!;
    for (let earlier = 0; earlier < index; earlier++) {
      if (this.#records[earlier] !== record) continue;
      if (this.#used[earlier] !== this.#used[index]) {
        throw new TypeError('One call asks the same bucket at two rates. Give each rate its own key.');
      }
      units += this.#units[earlier]!;
    }
    return units;
  }

  /** Makes room: a full bucket goes first, else the longest unused. In a large table, of those next in line. */
  #evict(nowMs: number): void {
    const { size } = this.#table;
    let oldest = -1;
    for (let steps = size <= SMALL_TABLE ? size : EVICTION_STEPS; steps > 0; steps--) {
      if (this.#forgetIfIdle(nowMs)) return;
      const passed = this.#hand - 1;
      if (oldest === -1 || this.#table.ageOf(passed) > this.#table.ageOf(oldest)) oldest = passed;
    }
    this.#forget(oldest);
  }

  #forgetIfIdle(nowMs: number): boolean {
    if (this.#table.size === 0) return false;
    if (this.#hand >= this.#table.size) this.#hand = 0;
    const record = this.#hand;
    const meter = this.#meters.at(this.#table.meterOf(record));
    if (meter.isIdle(this.#table.numbersOf(record), this.#table.offsetOf(record), nowMs)) {
      this.#forget(record);
      return true;
    }
    this.#hand++;
    return false;
  }

  #forget(record: number): void {
    this.#meters.release(this.#table.meterOf(record));
    this.#table.remove(record);
  }
}
