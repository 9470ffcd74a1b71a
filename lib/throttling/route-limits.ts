/** Which limits hold on a route? Its decorators, ours and the throttler's, read together. */

import type { Route } from '../core/route.js';
import { COST, LIMITS, type RouteLimit } from './rate-limit.decorators.js';
import { throttlerLimits } from './throttler-metadata.js';

export interface RouteLimits {
  /** The route's own limits, besides the tier's. */
  readonly own: readonly RouteLimit[];
  /** False: the tier's bucket is not charged. */
  readonly tier: boolean;
  /** In tokens. */
  readonly cost: number;
  /** No limit at all holds here, the address gate included. */
  readonly isExempt: boolean;
}

/** @throws TypeError when a decorator of the throttler asks for what cannot be known at boot. */
export function routeLimits(route: Route): RouteLimits {
  const limits = route.get(LIMITS);
  const throttler = throttlerLimits(route);
  const skips = limits === 'skip';
  // Whoever asked for the whole has paid for its parts.
  const own = skips ? [] : [...(limits ?? []), ...throttler.limits];
  const tier = !skips && !throttler.skipsDefault && !route.isPart;
  return { own, tier, cost: route.get(COST) ?? 1, isExempt: !tier && own.length === 0 };
}
