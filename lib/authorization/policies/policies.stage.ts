/** Decides whether every policy of a route allows a call. */

import { Inject, Injectable, Logger, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Call } from '../../core/call.js';
import { SecurityError } from '../../core/errors.js';
import { Gatekeeper, StageGuard } from '../../core/gatekeeper.js';
import type { Route } from '../../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../../core/stage.js';
import { isThenable } from '../../core/thenable.js';
import { callerOf } from '../caller.js';
import { forbidden } from '../forbidden.js';
import { providerOf } from '../../core/provider-lookup.js';
import { POLICIES, type Policy, type PolicyFunction } from './policies.decorator.js';

interface NamedPolicy {
  readonly name: string;
  readonly allows: PolicyFunction;
}

@Injectable()
export class PoliciesStage implements SecurityStage {
  readonly name = 'policies';
  readonly #logger = new Logger('Bulwark');

  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  plan(route: Route): RouteCheck | undefined {
    if (route.isPublic) return undefined;
    const policies = route.get(POLICIES)?.map((policy) => this.#resolve(policy, route));
    if (policies === undefined) return undefined;

    const check = (call: Call, from: number): void | Promise<void> => {
      for (let index = from; index < policies.length; index++) {
        const policy = policies[index]!;
        const verdict = this.#ask(policy, call);
        if (isThenable(verdict)) {
          return Promise.resolve(verdict).then(
            (allowed) => {
              require(policy, allowed);
              return check(call, index + 1);
            },
            (error: unknown) => this.#refuseFailed(policy, error),
          );
        }
        require(policy, verdict);
      }
    };
    return function checkPolicies(call: Call): void | Promise<void> {
      return check(call, 0);
    };
  }

  describe(route: Route): StageReport | undefined {
    const policies = route.isPublic ? undefined : route.get(POLICIES);
    if (policies === undefined) return undefined;
    const names = policies.map(({ name }) => name || '(anonymous)');
    return {
      summary: `Policies: ${names.join(' and ')}`,
      facts: { policies: names },
      answers: ['API5:2023', 'ASVS-8.2.4'],
    };
  }

  #ask(policy: NamedPolicy, call: Call): boolean | PromiseLike<boolean> {
    const caller = callerOf(call);
    try {
      return policy.allows(caller, call);
    } catch (error) {
      return this.#refuseFailed(policy, error);
    }
  }

  /** A policy that crashes has not said yes. The client sees the same 403 as for a no; the log sees the crash. */
  #refuseFailed(policy: NamedPolicy, error: unknown): never {
    if (error instanceof SecurityError) throw error;
    this.#logger.error(`Policy ${policy.name} failed`, error instanceof Error ? error.stack : String(error));
    throw forbidden(`policy_failed: ${policy.name}`, { cause: error });
  }

  #resolve(policy: PolicyFunction | Type<Policy>, route: Route): NamedPolicy {
    const name = policy.name || '(anonymous)';
    if (!isPolicyClass(policy)) return { name, allows: policy };
    const provider = providerOf(this.modules, policy, `@Policies(${name}) on ${route.id}`);
    return { name, allows: (principal, call) => provider.allows(principal, call) };
  }
}

@Injectable()
export class PoliciesGuard extends StageGuard {
  static readonly stage = 'policies';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(PoliciesStage) stage: PoliciesStage) {
    super(gatekeeper, stage);
  }
}

function require(policy: NamedPolicy, verdict: boolean): void {
  // Exactly true: a forgotten `return` or a truthy object is not consent.
  if (verdict !== true) throw forbidden(`policy_refused: ${policy.name}`);
}

function isPolicyClass(policy: PolicyFunction | Type<Policy>): policy is Type<Policy> {
  const { prototype } = policy as { prototype?: Partial<Policy> };
  return typeof prototype?.allows === 'function';
}
