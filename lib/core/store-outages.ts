/** Which parts of a store are down, since when, and who is told? Every app that uses it, once when it begins and once when it ends. */

import { Logger } from '@nestjs/common';
import { steadyNowMs } from './clock.js';
import type { StoreContext } from './store-context.js';
import type { StoreUnavailableError } from './store-unavailable.js';

/** What may be done when a store cannot be reached: refuse (503), let pass, or go on with a share in this process's memory. */
export type OutagePolicy = 'closed' | 'open' | 'memory';

/** Counters since the start, for whoever exports metrics. They only ever grow. */
export interface StoreCounts {
  /** How often all was well and then was not. */
  readonly outages: number;
  /** Commands that were answered with `StoreUnavailableError`: not sent, timed out, or failed. */
  readonly unanswered: number;
  /** Calls let pass by the policy `open`. */
  readonly bypassed: number;
  /** Calls that were decided in this process's memory by the policy `memory`. */
  readonly local: number;
}

/** Told as over when it has been over for so long, in milliseconds: one that comes and goes is one outage. */
const STABLE_MS = 1_000;

/** One server is one part; a cluster has several, and is told of as a whole. */
export class StoreOutages {
  readonly #contexts = new Set<StoreContext>();
  readonly #policies = new Set<string>();
  readonly #logger = new Logger('Bulwark');
  readonly #down = new Set<string>();
  #downSinceMs = 0;
  #recovering: NodeJS.Timeout | undefined;
  #outages = 0;
  #unanswered = 0;
  #bypassed = 0;
  #local = 0;

  /** @param store What it is called in events: `redis`. */
  constructor(private readonly store: string) {}

  get counts(): StoreCounts {
    return { outages: this.#outages, unanswered: this.#unanswered, bypassed: this.#bypassed, local: this.#local };
  }

  /** Is any part of it down, now? */
  get isDown(): boolean {
    return this.#down.size > 0;
  }

  connect(context: StoreContext): () => void {
    this.#contexts.add(context);
    return () => this.#contexts.delete(context);
  }

  /** What somebody does in an outage, as events say it: `buckets: open`. Whoever says nothing is closed. */
  announce(policy: string): void {
    this.#policies.add(policy);
  }

  down(part: string, reason: string): void {
    this.#down.add(part);
    if (this.#down.size > 1) return;
    if (this.#recovering !== undefined) {
      clearTimeout(this.#recovering);
      this.#recovering = undefined;
      return;
    }
    this.#downSinceMs = steadyNowMs();
    this.#outages++;
    const { store } = this;
    const policy = this.#policy();
    if (this.#contexts.size === 0)
      this.#logger.warn(`${store} cannot be reached: ${reason}. Until it is back ${policy}.`);
    for (const { events, clock } of this.#contexts) {
      events.emit({ kind: 'store_outage', timeMs: clock.now(), level: 'alert', subject: {}, store, policy, reason });
    }
  }

  up(part: string): void {
    this.#down.delete(part);
    if (this.#down.size > 0) return;
    const afterMs = Math.round(steadyNowMs() - this.#downSinceMs);
    this.#recovering = setTimeout(() => this.#recovered(afterMs), STABLE_MS).unref();
  }

  /** Counts a failure on its way to whoever asked. */
  refused(failure: StoreUnavailableError): StoreUnavailableError {
    this.#unanswered++;
    return failure;
  }

  /** A call passes without being counted anywhere. Told each time: it is what the policy `open` costs. */
  passed(what: string): void {
    this.#bypassed++;
    for (const { events, clock } of this.#contexts) {
      if (!events.wants('warning')) continue;
      const timeMs = clock.now();
      events.emit({ kind: 'store_bypassed', timeMs, level: 'warning', subject: {}, store: this.store, what });
    }
  }

  decidedHere(): void {
    this.#local++;
  }

  #recovered(afterMs: number): void {
    this.#recovering = undefined;
    const { store } = this;
    if (this.#contexts.size === 0) this.#logger.log(`${store} is back, after ${afterMs} ms.`);
    for (const { events, clock } of this.#contexts) {
      events.emit({ kind: 'store_recovered', timeMs: clock.now(), level: 'alert', subject: {}, store, afterMs });
    }
  }

  #policy(): string {
    return [...this.#policies, this.#policies.size === 0 ? 'everything: closed' : 'everything else: closed'].join(', ');
  }
}
