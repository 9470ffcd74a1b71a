/** How do waits between tries pass? By timers and chance, unless a test holds both. */

import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

export interface Pacing {
  /** From 0 up to 1. */
  random(): number;
  /** Rejects when the signal aborts first. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const STEPS = 2 ** 32;

export const systemPacing: Pacing = Object.freeze({
  random: () => randomInt(STEPS) / STEPS,
  wait: (ms: number, signal: AbortSignal) => pause(ms, undefined, { signal, ref: false }),
});
