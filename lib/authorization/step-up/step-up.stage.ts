/** Decides whether a caller's login is recent and strong enough for a route. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { Gatekeeper, StageGuard } from '../../core/gatekeeper.js';
import type { Route } from '../../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../../core/stage.js';
import { callerOf } from '../caller.js';
import { STEP_UP } from './step-up.decorator.js';
import { insufficientLogin, inWordsOf, missingStrength, type StepUpRule } from './step-up.rule.js';

@Injectable()
export class StepUpStage implements SecurityStage {
  readonly name = 'step-up';
  readonly judgesCallerOnly = true;

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  plan(route: Route): RouteCheck | undefined {
    const rule = ruleOf(route);
    if (rule === undefined) return undefined;
    const { clock } = this;

    return function checkLogin(call: Call): void {
      const missing = missingStrength(callerOf(call), rule, clock.now());
      if (missing !== undefined) throw insufficientLogin(rule, missing);
    };
  }

  describe(route: Route): StageReport | undefined {
    const rule = ruleOf(route);
    if (rule === undefined) return undefined;
    const { maxAgeMs, amr, acr } = rule;
    return {
      summary: `Step-up: ${inWordsOf(rule)}`,
      facts: { ...(maxAgeMs !== Infinity && { maxAge: maxAgeMs / 1000 }), amr, acr },
      answers: ['API2:2023', 'ASVS-7.5.3', 'ASVS-10.3.4'],
    };
  }
}

@Injectable()
export class StepUpGuard extends StageGuard {
  static readonly stage = 'step-up';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(StepUpStage) stage: StepUpStage) {
    super(gatekeeper, stage);
  }
}

function ruleOf(route: Route): StepUpRule | undefined {
  return route.isPublic ? undefined : route.get(STEP_UP);
}
