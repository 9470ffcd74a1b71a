/** Who is told of an outage? Every app that uses the stores, once when it begins and once when it is over. */

import { Logger } from '@nestjs/common';
import { steadyNowMs } from '../core/clock.js';
import type { StoreContext } from '../core/store-context.js';
import type { StoreUnavailableError } from '../core/store-unavailable.js';
import { REDIS } from './redis-failure.js';

/** What may be done when Redis cannot be reached: refuse (503), let pass, or go on with a share in this process's memory. */
export type OutagePolicy = 'closed' | 'open' | 'memory';

/** Counters since the start, for whoever exports metrics. */
export interface RedisCounts {
  readonly outages: number;
  /** Commands that were answered with `StoreUnavailableError`: not sent, timed out, or failed. */
  readonly unanswered: number;
  /** Calls let pass by the policy `open`. */
  readonly bypassed: number;
  /** Calls that were decided in this process's memory by the policy `memory`. */
  readonly local: number;
}

/** How many lanes are down. One server has one; a cluster has several, and is told of as a whole. */
export class RedisNews {
  readonly #contexts = new Set<StoreContext>();
  readonly #policies = new Map<string, OutagePolicy>();
  readonly #logger = new Logger('Bulwark');
  readonly #lanes = new Set<number>();
  #downSinceMs = 0;
  #outages = 0;
  #unanswered = 0;
  #bypassed = 0;
  #local = 0;

  get counts(): RedisCounts {
    return { outages: this.#outages, unanswered: this.#unanswered, bypassed: this.#bypassed, local: this.#local };
  }

  /** Is any part of it down? */
  get isDown(): boolean {
    return this.#lanes.size > 0;
  }

  connect(context: StoreContext): () => void {
    this.#contexts.add(context);
    return () => this.#contexts.delete(context);
  }

  /** What a store does in an outage. Whoever says nothing is closed. */
  announce(what: string, policy: OutagePolicy): void {
    this.#policies.set(what, policy);
  }

  down(lane: number, why: string): void {
    this.#lanes.add(lane);
    if (this.#lanes.size > 1) return;
    this.#downSinceMs = steadyNowMs();
    this.#outages++;
    const [reason, policy] = [why, this.#policy()];
    if (this.#contexts.size === 0)
      this.#logger.warn(`${REDIS} cannot be reached: ${reason}. Until it is back ${policy}.`);
    for (const { events, clock } of this.#contexts) {
      const timeMs = clock.now();
      events.emit({ kind: 'store_outage', timeMs, level: 'alert', subject: {}, store: REDIS, policy, reason });
    }
  }

  up(lane: number): void {
    this.#lanes.delete(lane);
    if (this.#lanes.size > 0) return;
    const afterMs = Math.round(steadyNowMs() - this.#downSinceMs);
    if (this.#contexts.size === 0) this.#logger.log(`${REDIS} is back, after ${afterMs} ms.`);
    for (const { events, clock } of this.#contexts) {
      const timeMs = clock.now();
      events.emit({ kind: 'store_recovered', timeMs, level: 'alert', subject: {}, store: REDIS, afterMs });
    }
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
      events.emit({ kind: 'store_bypassed', timeMs, level: 'warning', subject: {}, store: REDIS, what });
    }
  }

  decidedHere(): void {
    this.#local++;
  }

  #policy(): string {
    const named = [...this.#policies].map(([what, policy]) => `${what}: ${policy}`);
    return [...named, named.length === 0 ? 'everything: closed' : 'everything else: closed'].join(', ');
  }
}
