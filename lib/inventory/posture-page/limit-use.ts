/** How full are the limits? Counted per kind of bucket and minute, never per caller. */

import type { Clock } from '../../core/clock.js';
import type { Meter } from '../../core/measurements.js';

export interface MinuteOfUse {
  readonly calls: number;
  readonly refused: number;
}

export interface BucketUse {
  /** As clients know it: a tier, `route`. */
  readonly name: string;
  readonly calls: number;
  readonly refused: number;
  /** How much was gone of the fullest bucket of this kind, from 0 to 1. */
  readonly peak: number;
  /** The last 15, this one last. */
  readonly minutes: readonly MinuteOfUse[];
}

const MINUTE_MS = 60_000;
const MINUTES = 15;
/** Names come from options and routes. This is for a mistake in those. */
const MAX_NAMES = 64;

interface Slot {
  minute: number;
  calls: number;
  refused: number;
  peak: number;
}

/** Hands on what it measures to whoever measured before. */
export class LimitUse implements Meter {
  readonly #slots = new Map<string, Slot[]>();

  constructor(
    private readonly clock: Clock,
    private readonly next?: Meter,
  ) {}

  bucket(name: string, used: number, allowed: boolean): void {
    this.next?.bucket(name, used, allowed);
    let slots = this.#slots.get(name);
    if (slots === undefined) {
      if (this.#slots.size >= MAX_NAMES) return;
      slots = Array.from({ length: MINUTES }, () => ({ minute: -1, calls: 0, refused: 0, peak: 0 }));
      this.#slots.set(name, slots);
    }
    const minute = Math.floor(this.clock.now() / MINUTE_MS);
    const slot = slots[minute % MINUTES]!;
    if (slot.minute !== minute) Object.assign(slot, { minute, calls: 0, refused: 0, peak: 0 });
    slot.calls++;
    if (!allowed) slot.refused++;
    const filled = allowed ? used : 1;
    if (filled > slot.peak) slot.peak = Math.min(1, filled);
  }

  /** Of the last 15 minutes. */
  use(): readonly BucketUse[] {
    const now = Math.floor(this.clock.now() / MINUTE_MS);
    return [...this.#slots].map(([name, slots]) => {
      const minutes = Array.from({ length: MINUTES }, (_, index) => {
        const minute = now - MINUTES + 1 + index;
        return slots.find((slot) => slot.minute === minute) ?? NO_USE;
      });
      return Object.freeze({
        name,
        calls: sum(minutes, ({ calls }) => calls),
        refused: sum(minutes, ({ refused }) => refused),
        peak: Math.max(...minutes.map(({ peak }) => peak)),
        minutes: minutes.map(({ calls, refused }) => Object.freeze({ calls, refused })),
      });
    });
  }

  passed(stage: string): void {
    this.next?.passed(stage);
  }

  verified(scheme: string, ms: number): void {
    this.next?.verified(scheme, ms);
  }

  cache(name: string, hit: boolean): void {
    this.next?.cache(name, hit);
  }

  deprecated(route: string, isGone: boolean): void {
    this.next?.deprecated(route, isGone);
  }
}

const NO_USE = { calls: 0, refused: 0, peak: 0 };

function sum(minutes: readonly Omit<Slot, 'minute'>[], of: (slot: Omit<Slot, 'minute'>) => number): number {
  return minutes.reduce((total, slot) => total + of(slot), 0);
}
