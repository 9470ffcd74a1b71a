/** Which rates are in use? Numbers them, so that a record names its rate in 32 bits; forgets those nobody uses. */

import type { BucketAlgorithm } from './bucket.store.js';
import { createMeter, type BucketMeter } from './bucket.meter.js';
import type { Rate } from './rate.js';

export class MeterList {
  readonly #numbers: Readonly<Record<BucketAlgorithm, Map<Rate, number>>> = {
    'token-bucket': new Map(),
    'sliding-window': new Map(),
  };
  readonly #meters: BucketMeter[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  at(number: number): BucketMeter {
    return this.#meters[number]!;
  }

  /** The number of a rate's meter, which is made where there is none. It lasts while a record uses it. */
  numberOf(rate: Rate, algorithm: BucketAlgorithm): number {
    const numbers = this.#numbers[algorithm];
    const known = numbers.get(rate);
    if (known !== undefined) return known;
    const meter = createMeter(algorithm, rate);
    const number = this.#free.pop() ?? this.#meters.length;
    this.#meters[number] = meter;
    this.#uses[number] = 0;
    numbers.set(rate, number);
    return number;
  }

  use(number: number): void {
    this.#uses[number]!++;
  }

  release(number: number): void {
    if (--this.#uses[number]! > 0) return;
    const { rate, algorithm } = this.#meters[number]!;
    this.#numbers[algorithm].delete(rate);
    this.#free.push(number);
  }
}
