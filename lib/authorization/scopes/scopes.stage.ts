/** Decides whether a credential carries a route's scopes. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { Gatekeeper, StageGuard } from '../../core/gatekeeper.js';
import type { Route } from '../../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../../core/stage.js';
import { callerOf } from '../caller.js';
import { forbidden } from '../forbidden.js';
import { SCOPES } from './scopes.decorator.js';

@Injectable()
export class ScopesStage implements SecurityStage {
  readonly name = 'scopes';
  readonly judgesCallerOnly = true;

  plan(route: Route): RouteCheck | undefined {
    const scopes = scopesOf(route);
    if (scopes === undefined) return undefined;
    const reason = `scope_missing: needs ${scopes.join(' ')}`;

    return function checkScopes(call: Call): void {
      const granted = callerOf(call).scopes;
      for (const scope of scopes) {
        if (!granted.includes(scope)) throw forbidden(reason, { scopes });
      }
    };
  }

  describe(route: Route): StageReport | undefined {
    const scopes = scopesOf(route);
    if (scopes === undefined) return undefined;
    return { summary: `Scopes: ${scopes.join(' ')}`, facts: { scopes }, answers: ['API5:2023', 'ASVS-10.3.2'] };
  }
}

@Injectable()
export class ScopesGuard extends StageGuard {
  static readonly stage = 'scopes';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(ScopesStage) stage: ScopesStage) {
    super(gatekeeper, stage);
  }
}

function scopesOf(route: Route): readonly string[] | undefined {
  return route.isPublic ? undefined : route.get(SCOPES);
}
