/** What is worth measuring of every call? Nobody measures by default, and then it costs a look at one field. */

import { Injectable } from '@nestjs/common';
import { steadyNowMs } from './clock.js';

/** Whoever measures. Names only, never a caller or an address: each value of a label is a series to be paid for. */
export interface Meter {
  /** A stage let a call pass. Refusals are events already. */
  passed(stage: string): void;
  /** A bucket was asked. `used` is from 0 to 1: how much of it was gone afterwards. */
  bucket(name: string, used: number, allowed: boolean): void;
  /** A credential was verified from scratch, or found not to hold. */
  verified(scheme: string, ms: number): void;
  /** Something that was verified before was looked for in memory. */
  cache(name: string, hit: boolean): void;
  /** A route on its way out was called, by its id. */
  deprecated(route: string, isGone: boolean): void;
}

/** One per app: two apps in a process are measured apart. */
@Injectable()
export class Measurements {
  /** Undefined while nobody measures. Asked for on hot paths, so that nothing is made for nobody. */
  meter: Meter | undefined = undefined;
}

/** Runs a verification and tells how long it took, whatever came of it. */
export async function timed<T>(meter: Meter | undefined, scheme: string, verify: () => Promise<T>): Promise<T> {
  if (meter === undefined) return verify();
  const startMs = steadyNowMs();
  try {
    return await verify();
  } finally {
    meter.verified(scheme, steadyNowMs() - startMs);
  }
}
