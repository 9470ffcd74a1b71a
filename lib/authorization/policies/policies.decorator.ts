/** Which rules beyond roles must hold for this call (ABAC)? */

import type { Type } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import type { Principal } from '../../core/principal.js';
import { annotation, requirement, type RouteDecorator } from '../../core/route.js';

/** A rule as a function. Anything but exactly `true` refuses. */
export type PolicyFunction = (principal: Principal, call: Call) => boolean | PromiseLike<boolean>;

/** A rule as a provider, for rules that need others: a repository, a feature flag. */
export interface Policy {
  allows: PolicyFunction;
}

export const POLICIES = annotation<readonly (PolicyFunction | Type<Policy>)[]>('policies');

/**
 * Lets in callers for whom every policy says exactly `true` (ASVS 8.2.4).
 *
 * @throws TypeError when no policy is given.
 *
 * @example
 * const duringOfficeHours: PolicyFunction = () => new Date().getUTCHours() < 18;
 *
 * @Policies(duringOfficeHours, SameTenantPolicy)
 */
export function Policies(...policies: readonly (PolicyFunction | Type<Policy>)[]): RouteDecorator {
  if (policies.length === 0 || policies.some((policy) => typeof policy !== 'function')) {
    throw new TypeError('@Policies() needs functions or provider classes, e.g. @Policies(SameTenantPolicy).');
  }
  return requirement(POLICIES, Object.freeze([...policies]));
}
