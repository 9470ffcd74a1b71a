/** What happens to calls while their buckets cannot be reached? Refused, let pass, or counted here against a share. */

import type { OutagePolicy, StoreOutages } from '../core/store-outages.js';
import type { StoreUnavailableError } from '../core/store-unavailable.js';
import type { BucketDemand, BucketOutcome } from '../throttling/bucket.store.js';
import { MemoryBucketStore } from '../throttling/memory-bucket.store.js';
import type { Rate } from '../throttling/rate.js';

export const OUTAGE_POLICIES: readonly OutagePolicy[] = ['closed', 'open', 'memory'];

/** What an outage is called in events. */
const WHAT = 'buckets';

export class BucketOutage {
  readonly #local: LocalShare | undefined;

  constructor(
    private readonly policy: OutagePolicy,
    expectedInstances: number,
    private readonly outages: StoreOutages,
  ) {
    const share = policy === 'memory' ? ` (limit / ${expectedInstances} in each process)` : '';
    outages.announce(`${WHAT}: ${policy}${share}`);
    if (policy === 'memory') this.#local = new LocalShare(expectedInstances);
  }

  /** @throws StoreUnavailableError when the policy is `closed`, and for what is no outage. */
  decide(demands: readonly BucketDemand[], nowMs: number, failure: StoreUnavailableError): BucketOutcome {
    // Not an outage: it would not pass by itself, and nobody chose to be without limits until somebody looks.
    if (!failure.outage) throw failure;
    switch (this.policy) {
      case 'closed':
        throw failure;
      case 'open':
        // Open on purpose, by the option `outage.buckets`: for those who would rather be flooded than away.
        this.outages.passed(WHAT);
        return { allowed: true, answers: demands.map(untouched) };
      case 'memory':
        this.outages.decidedHere();
        return this.#local!.take(demands, nowMs);
      default:
        return this.policy satisfies never;
    }
  }
}

function untouched({ rate }: BucketDemand): BucketOutcome['answers'][number] {
  return { allowed: true, remaining: Math.floor(rate.capacity), retryAfterMs: 0, resetMs: 0 };
}

/** Buckets of this process, each as big and as fast as its share: together the processes admit what one bucket would. */
export class LocalShare {
  readonly #store = new MemoryBucketStore();
  readonly #rates = new WeakMap<Rate, Map<number, Rate>>();

  constructor(private readonly instances: number) {}

  take(demands: readonly BucketDemand[], nowMs: number): BucketOutcome {
    // A call may name a bucket twice: it is asked at one rate, for all that the call asks of it.
    const costs = new Map<string, number>();
    for (const { key, cost } of demands) costs.set(key, (costs.get(key) ?? 0) + cost);
    return this.#store.take(
      demands.map((demand) => ({ ...demand, rate: this.#share(demand.rate, costs.get(demand.key)!) })),
      nowMs,
    );
  }

  /**
   * A cost that is over the share would never pass: for such a call the share is as big as the cost, and no faster. So the
   * processes together may let as many of such calls pass at once as there are processes, where the limit has room for fewer.
   */
  #share(rate: Rate, cost: number): Rate {
    let sizes = this.#rates.get(rate);
    if (sizes === undefined) this.#rates.set(rate, (sizes = new Map<number, Rate>()));
    const share = Math.max(1, Math.floor(rate.capacity / this.instances));
    const capacity = cost <= share || cost > rate.capacity ? share : cost;
    let known = sizes.get(capacity);
    if (known === undefined) {
      const refillTokens = rate.refillTokens / this.instances;
      known = Object.freeze({ capacity, refillTokens, refillPeriodMs: rate.refillPeriodMs });
      // Costs are few where the app names them. Where somebody else does, they are made anew.
      if (sizes.size < MOST_SIZES) sizes.set(capacity, known);
    }
    return known;
  }
}

/** So many sizes of one share are remembered. */
const MOST_SIZES = 64;
