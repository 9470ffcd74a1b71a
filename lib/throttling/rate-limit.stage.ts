/** Does the caller call too often? One bucket per caller and tier, and the route's own: all of them or none. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../core/call.js';
import { optionError } from '../core/checks.js';
import { CLOCK, type Clock } from '../core/clock.js';
import type { SecurityError } from '../core/errors.js';
import { Gatekeeper, StageGuard } from '../core/gatekeeper.js';
import { Measurements, type Meter } from '../core/measurements.js';
import type { Principal } from '../core/principal.js';
import { RoleHierarchy } from '../core/role-hierarchy.js';
import type { Route } from '../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../core/stage.js';
import { BUCKET_STORE, isPending, type BucketDemand, type BucketOutcome, type BucketStore } from './bucket.store.js';
import { RateLimitHeaders, type NamedRate } from './rate-limit.headers.js';
import { refuse, tooDear } from './rate-limit.refusal.js';
import { RouteKeys } from './route-keys.js';
import { routeLimits, type RouteLimits } from './route-limits.js';
import { addressKeyPrefix, principalKeyPrefix, THROTTLING, type ThrottlingSettings } from './throttling.options.js';
import { PUBLIC_TIER, type Tier } from './tiers.js';

/** What a principal is charged to. The same for every call that presents the same credential. */
interface Caller {
  readonly tier: Tier;
  /** What the route's own buckets know the caller by. */
  readonly id: string;
  /** What a plain call asks of the tier's bucket. None: the tier is unlimited. */
  readonly demands: readonly BucketDemand[];
}

/** The buckets of one route for callers of one tier. */
interface BucketSet {
  readonly named: readonly NamedRate[];
  readonly headers: RateLimitHeaders;
}

@Injectable()
export class RateLimitStage implements SecurityStage {
  readonly name = 'throttling';
  readonly #callers = new WeakMap<Principal, Caller>();
  readonly #routeKeys = new RouteKeys();

  constructor(
    @Inject(THROTTLING) private readonly settings: ThrottlingSettings,
    @Inject(BUCKET_STORE) private readonly store: BucketStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RoleHierarchy) private readonly hierarchy: RoleHierarchy,
    @Inject(Measurements) private readonly measurements: Measurements,
  ) {}

  /** @throws TypeError when the route's cost is over a capacity (the call could never pass), or a limit counts nobody. */
  plan(route: Route): RouteCheck | undefined {
    const limits = routeLimits(route);
    if (limits.isExempt) return undefined;
    this.#checkLimits(route, limits);
    const { store, clock } = this;
    const routeKey = this.#routeKeys.of(route);
    const sets = new Map(this.settings.tiers.all.map((tier) => [tier, bucketSet(limits, namedTier(tier))]));
    const publicSet = bucketSet(limits, this.#publicRates());
    const isPlain = limits.tier && limits.own.length === 0 && limits.cost === 1;

    return (call: Call): void | Promise<void> => {
      const caller = call.principal && this.#callerOf(call.principal);
      const demands =
        isPlain && caller && call.cost === undefined ? caller.demands : this.#demands(call, caller, limits, routeKey);
      if (demands.length === 0) return;
      const set = caller ? sets.get(caller.tier)! : publicSet;
      const outcome = store.take(demands, clock.now());
      if (!isPending(outcome)) return this.#settle(call, set, outcome, demands);
      return outcome.then((settled) => this.#settle(call, set, settled, demands));
    };
  }

  describe(route: Route): StageReport | undefined {
    const limits = routeLimits(route);
    if (limits.isExempt) return undefined;
    const tiers = limits.tier ? this.settings.tiers.all : [];
    const inWords = [
      ...tiers.map(({ name, rate }) => `${name} ${rate ? inWordsOf({ name, rate }) : 'unlimited'}`),
      ...limits.own.map(({ rate, by }) => `here ${inWordsOf({ name: 'route', rate })} by ${by}`),
    ];
    return {
      summary: `Rate limits: ${inWords.join(', ')}${limits.cost === 1 ? '' : `, each call costs ${limits.cost}`}`,
      facts: {
        algorithm: this.settings.algorithm,
        tiers: Object.fromEntries(tiers.map(({ name, rate }) => [name, rate ?? 'unlimited'])),
        own: limits.own,
        cost: limits.cost,
      },
      answers: ['API4:2023', 'ASVS-2.4.1'],
    };
  }

  #settle(
    call: Call,
    { named, headers }: BucketSet,
    { allowed, answers }: BucketOutcome,
    demands: readonly BucketDemand[],
  ): void {
    if (this.measurements.meter !== undefined) measure(this.measurements.meter, named, answers);
    if (this.settings.headers) headers.write(call, answers);
    if (this.settings.legacyHeaders) headers.writeLegacy(call, answers);
    if (!allowed) throw refusal(call, named, answers, demands);
  }

  #callerOf(principal: Principal): Caller {
    const known = this.#callers.get(principal);
    if (known !== undefined) return known;
    const tier = this.settings.tiers.of(principal, this.hierarchy);
    const demands = tier.rate ? [this.#demand(principalKeyPrefix(tier.name), principal.id, 1, tier.rate)] : [];
    const caller = Object.freeze({ tier, id: principal.id, demands: Object.freeze(demands) });
    this.#callers.set(principal, caller);
    return caller;
  }

  #demands(call: Call, caller: Caller | undefined, { tier, own, cost }: RouteLimits, routeKey: string): BucketDemand[] {
    const demands: BucketDemand[] = [];
    if (tier) {
      const whole = call.cost ?? cost;
      if (caller === undefined) this.#addPublic(demands, call.address, whole);
      else for (const demand of caller.demands) demands.push({ ...demand, cost: whole });
    }
    for (let index = 0; index < own.length; index++) {
      const { rate, by } = own[index]!;
      const [kind, owner] = caller === undefined || by === 'address' ? ['a', call.address] : ['p', caller.id];
      demands.push(this.#demand(`r/${routeKey}/${index}/${kind}/`, owner, cost, rate));
    }
    return demands;
  }

  /** Nobody in particular is calling: the address pays, with its tier's bucket and what an address may cost besides. */
  #addPublic(demands: BucketDemand[], address: string, cost: number): void {
    const { tiers, address: limit } = this.settings;
    const { rate } = tiers.public;
    if (rate) demands.push(this.#demand(addressKeyPrefix(PUBLIC_TIER), address, cost, rate));
    if (limit && !limit.isPublicTier) demands.push(this.#demand(limit.keyPrefix, address, cost, limit.rate));
  }

  #demand(keyPrefix: string, owner: string, cost: number, rate: BucketDemand['rate']): BucketDemand {
    return { key: keyPrefix + owner, owner, cost, rate, algorithm: this.settings.algorithm };
  }

  /** The names and rates of what `#addPublic` asks for. */
  #publicRates(): NamedRate[] {
    const { tiers, address } = this.settings;
    return address && !address.isPublicTier ? [...namedTier(tiers.public), address] : namedTier(tiers.public);
  }

  #checkLimits(route: Route, limits: RouteLimits): void {
    if (route.isPublic && limits.own.some(({ by }) => by === 'principal')) {
      throw optionError(
        `@RateLimit.by on ${route.id}`,
        'principal',
        'counts nobody on a public route',
        "Use by: 'caller', which counts by address where nobody is known.",
      );
    }
    const known = this.settings.tiers.all.filter(({ name }) => name !== PUBLIC_TIER).map(namedTier);
    for (const rates of route.isPublic ? [...known, this.#publicRates()] : known) {
      for (const { name, rate } of bucketSet(limits, rates).named) {
        if (limits.cost <= rate.capacity) continue;
        throw optionError(
          `@Cost on ${route.id}`,
          limits.cost,
          `is more than the bucket "${name}" holds (${rate.capacity}), so that the call can never pass`,
          'Lower the cost, or give the bucket more burst.',
        );
      }
    }
  }
}

@Injectable()
export class RateLimitGuard extends StageGuard {
  static readonly stage = 'throttling';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(RateLimitStage) stage: RateLimitStage) {
    super(gatekeeper, stage);
  }
}

/** Names the buckets of a call in the order of its demands: first the tier's, then the route's own. */
function bucketSet(limits: RouteLimits, ofTier: readonly NamedRate[]): BucketSet {
  const own = limits.own.map(({ rate }, index) => ({ name: index === 0 ? 'route' : `route-${index + 1}`, rate }));
  const named = [...(limits.tier ? ofTier : []), ...own];
  return { named, headers: new RateLimitHeaders(named) };
}

function namedTier({ name, rate }: Tier): NamedRate[] {
  return rate ? [{ name, rate }] : [];
}

function refusal(
  call: Call,
  named: readonly NamedRate[],
  answers: BucketOutcome['answers'],
  demands: readonly BucketDemand[],
): SecurityError {
  const never = answers.findIndex(({ retryAfterMs }) => retryAfterMs === null);
  if (never !== -1) return tooDear(demands[never]!.cost, demands[never]!.rate.capacity, named[never]!.name);
  const violated: string[] = [];
  let waitMs = 0;
  answers.forEach(({ allowed, retryAfterMs }, index) => {
    if (allowed) return;
    violated.push(named[index]!.name);
    waitMs = Math.max(waitMs, retryAfterMs!);
  });
  return refuse(call, waitMs, violated, 'bucket_empty');
}

/** By the names that clients know the buckets by: never by whose they are. */
function measure(meter: Meter, named: readonly NamedRate[], answers: BucketOutcome['answers']): void {
  answers.forEach(({ allowed, remaining }, index) => {
    const { name, rate } = named[index]!;
    meter.bucket(name, 1 - remaining / rate.capacity, allowed);
  });
}

function inWordsOf({ rate }: NamedRate): string {
  const { capacity, refillTokens, refillPeriodMs } = rate;
  const burst = capacity === refillTokens ? '' : `, ${capacity} at once`;
  return `${refillTokens} per ${refillPeriodMs / 1000} s${burst}`;
}
