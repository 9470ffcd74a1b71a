/** Decides whether a caller holds one of a route's roles. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { Gatekeeper, StageGuard } from '../../core/gatekeeper.js';
import { RoleHierarchy } from '../../core/role-hierarchy.js';
import type { Route } from '../../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../../core/stage.js';
import { callerOf } from '../caller.js';
import { forbidden } from '../forbidden.js';
import { ROLES, type RoleRule } from './roles.decorator.js';

@Injectable()
export class RolesStage implements SecurityStage {
  readonly name = 'roles';
  readonly judgesCallerOnly = true;

  constructor(@Inject(RoleHierarchy) private readonly hierarchy: RoleHierarchy) {}

  plan(route: Route): RouteCheck | undefined {
    const rule = ruleOf(route);
    if (rule === undefined) return undefined;
    this.hierarchy.checkKnown(rule.roles, `@Roles() on ${route.id}`);
    const { hierarchy } = this;
    const reason = `role_missing: needs ${rule.roles.join(rule.all ? ' and ' : ' or ')}`;

    return function checkRoles(call: Call): void {
      const held = hierarchy.held(callerOf(call));
      if (!satisfies(held, rule)) throw forbidden(reason);
    };
  }

  describe(route: Route): StageReport | undefined {
    const rule = ruleOf(route);
    if (rule === undefined) return undefined;
    return {
      summary: `Roles: ${rule.roles.join(rule.all ? ' and ' : ' or ')}`,
      facts: { roles: rule.roles, all: rule.all },
      answers: ['API5:2023', 'ASVS-8.2.1'],
    };
  }
}

@Injectable()
export class RolesGuard extends StageGuard {
  static readonly stage = 'roles';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(RolesStage) stage: RolesStage) {
    super(gatekeeper, stage);
  }
}

function satisfies(held: ReadonlySet<string>, { roles, all }: RoleRule): boolean {
  for (const role of roles) {
    if (held.has(role) !== all) return !all;
  }
  return all;
}

function ruleOf(route: Route): RoleRule | undefined {
  return route.isPublic ? undefined : route.get(ROLES);
}
