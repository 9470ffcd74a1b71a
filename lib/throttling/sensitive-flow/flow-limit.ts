/** Is this flow tried too often? One bucket per address and per principal: all of them or none. */

import type { Call } from '../../core/call.js';
import type { Clock } from '../../core/clock.js';
import { isPending, type BucketDemand, type BucketOutcome, type BucketStore } from '../bucket.store.js';
import { fillTimeMs, type Rate } from '../rate.js';
import { RateLimitHeaders } from '../rate-limit.headers.js';
import { refuse } from '../rate-limit.refusal.js';
import type { ThrottlingSettings } from '../throttling.options.js';
import type { Flow } from './flow-book.js';
import type { FlowCountedBy } from './sensitive-flow.decorator.js';

/** Of a call that nobody in particular makes, there is no principal to count. */
interface BucketSet {
  readonly by: readonly FlowCountedBy[];
  readonly names: readonly string[];
  readonly headers: RateLimitHeaders;
}

export class FlowLimit {
  readonly #known: BucketSet;
  readonly #unknown: BucketSet;

  constructor(
    private readonly flow: Flow & { readonly limit: Rate },
    private readonly settings: ThrottlingSettings,
    private readonly store: BucketStore,
    private readonly clock: Clock,
  ) {
    this.#known = bucketSet(flow, flow.by);
    this.#unknown = bucketSet(
      flow,
      flow.by.filter((by) => by === 'address'),
    );
  }

  charge(call: Call): void | Promise<void> {
    const set = call.principal === undefined ? this.#unknown : this.#known;
    if (set.by.length === 0) return;
    const outcome = this.store.take(this.#demands(call, set.by), this.clock.now());
    if (!isPending(outcome)) return this.#settle(call, set, outcome);
    return outcome.then((settled) => this.#settle(call, set, settled));
  }

  #demands(call: Call, by: readonly FlowCountedBy[]): BucketDemand[] {
    const { name, limit: rate } = this.flow;
    const { algorithm } = this.settings;
    return by.map((each) => {
      const [kind, owner] = each === 'address' ? ['a', call.address] : ['p', call.principal!.id];
      return { key: `f/${name}/${kind}/${owner}`, owner, cost: 1, rate, algorithm };
    });
  }

  #settle(call: Call, { names, headers }: BucketSet, { allowed, answers }: BucketOutcome): void {
    if (this.settings.headers) headers.append(call, answers);
    if (allowed) return;
    const violated = names.filter((_, index) => !answers[index]!.allowed);
    const waitMs = Math.max(...answers.map(({ retryAfterMs }) => retryAfterMs ?? fillTimeMs(this.flow.limit)));
    throw refuse(call, waitMs, violated, 'flow_limit');
  }
}

function bucketSet({ name, limit }: { name: string; limit: Rate }, by: readonly FlowCountedBy[]): BucketSet {
  // A flow with one bucket goes by its name alone.
  const names = by.map((each) => (by.length === 1 ? name : `${name}-${each}`));
  return { by, names, headers: new RateLimitHeaders(names.map((each) => ({ name: each, rate: limit }))) };
}
