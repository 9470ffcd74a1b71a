/** What happens to calls while their buckets cannot be reached? Refused, let pass, or counted here against a share. */

import type { StoreUnavailableError } from '../core/store-unavailable.js';
import type { BucketDemand, BucketOutcome } from '../throttling/bucket.store.js';
import { MemoryBucketStore } from '../throttling/memory-bucket.store.js';
import type { Rate } from '../throttling/rate.js';
import type { OutagePolicy, RedisNews } from './redis-news.js';

export const OUTAGE_POLICIES: readonly OutagePolicy[] = ['closed', 'open', 'memory'];

/** What an outage is called in events. */
const WHAT = 'buckets';

export class BucketOutage {
  readonly #local: LocalShare | undefined;

  constructor(
    private readonly policy: OutagePolicy,
    expectedInstances: number,
    private readonly news: RedisNews,
  ) {
    news.announce(WHAT, policy);
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
        this.news.passed(WHAT);
        return { allowed: true, answers: demands.map(untouched) };
      case 'memory':
        this.news.decidedHere();
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
  readonly #rates = new WeakMap<Rate, Rate>();

  constructor(private readonly instances: number) {}

  take(demands: readonly BucketDemand[], nowMs: number): BucketOutcome {
    return this.#store.take(
      demands.map((demand) => ({ ...demand, rate: this.#share(demand.rate, demand.cost) })),
      nowMs,
    );
  }

  /** A cost that is over the share would never pass: for such a call the share is as big as the cost, and no faster. */
  #share(rate: Rate, cost: number): Rate {
    let share = this.#rates.get(rate);
    if (share === undefined) {
      share = Object.freeze({
        capacity: Math.max(1, Math.floor(rate.capacity / this.instances)),
        refillTokens: rate.refillTokens / this.instances,
        refillPeriodMs: rate.refillPeriodMs,
      });
      this.#rates.set(rate, share);
    }
    return cost <= share.capacity || cost > rate.capacity ? share : { ...share, capacity: cost };
  }
}
