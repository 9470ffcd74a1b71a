/** THE ORDER: which question is asked of a call, and when. */

import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { UnknownElementException } from '@nestjs/core/errors/exceptions/unknown-element.exception.js';
import { AuthenticationStage } from './authentication/authentication.stage.js';
import { OwnershipStage } from './authorization/ownership/ownership.stage.js';
import { PoliciesStage } from './authorization/policies/policies.stage.js';
import { RolesStage } from './authorization/roles/roles.stage.js';
import { ScopesStage } from './authorization/scopes/scopes.stage.js';
import { StepUpStage } from './authorization/step-up/step-up.stage.js';
import { checkOneOf, optionError } from './core/checks.js';
import type { CustomStage, SecurityStage } from './core/stage.js';
import { LifecycleStage } from './inventory/lifecycle/lifecycle.stage.js';
import { ResponsesStage } from './responses/responses.stage.js';
import { AddressGateStage } from './throttling/address-gate.stage.js';
import { RateLimitStage } from './throttling/rate-limit.stage.js';
import { SensitiveFlowStage } from './throttling/sensitive-flow/sensitive-flow.stage.js';

interface Step {
  readonly name: string;
  /** The question, in one sentence. */
  readonly asks: string;
  readonly stage: Type<SecurityStage>;
}

/**
 * The questions that the global guard asks. Before them comes the edge (`secure-app.ts`); after them the pipe that validates,
 * the handler, and the interceptor that filters the answer by what `responses` compiled.
 */
export const PIPELINE: readonly Step[] = [
  { name: 'address-gate', asks: 'Is this address still blocked?', stage: AddressGateStage },
  { name: 'authentication', asks: 'Who is calling?', stage: AuthenticationStage },
  { name: 'throttling', asks: 'Do they call too often?', stage: RateLimitStage },
  { name: 'roles', asks: 'Do they hold one of the roles?', stage: RolesStage },
  { name: 'scopes', asks: 'Does their credential carry the scopes?', stage: ScopesStage },
  { name: 'policies', asks: 'Do the rules of the app allow this call?', stage: PoliciesStage },
  { name: 'lifecycle', asks: 'Is this route still served?', stage: LifecycleStage },
  { name: 'step-up', asks: 'Is their login recent and strong enough?', stage: StepUpStage },
  { name: 'ownership', asks: 'Is the object theirs?', stage: OwnershipStage },
  { name: 'sensitive-flow', asks: 'May this flow be run once more, and is it a person?', stage: SensitiveFlowStage },
  { name: 'responses', asks: 'What may leave of the answer?', stage: ResponsesStage },
];

/**
 * The stages of one app in their order, its own stages inserted.
 *
 * @throws TypeError when a custom stage follows a stage that does not exist, or is no stage.
 */
export async function resolveStages(
  modules: ModuleRef,
  custom: readonly CustomStage[],
): Promise<readonly SecurityStage[]> {
  const stages: SecurityStage[] = PIPELINE.map(({ stage }) => modules.get(stage, { strict: false }));
  for (const [index, { after, use }] of custom.entries()) {
    const names = stages.map(({ name }) => name);
    checkOneOf(`security.stages[${index}].after`, after, names);
    const stage = typeof use === 'function' ? await instanceOf(modules, use) : use;
    if (typeof stage.plan !== 'function' || typeof stage.describe !== 'function' || !stage.name) {
      throw optionError(
        `security.stages[${index}].use`,
        use,
        'is no stage',
        'A stage has a name, plan() and describe().',
      );
    }
    stages.splice(names.lastIndexOf(after) + 1, 0, stage);
  }
  return Object.freeze(stages);
}

/**
 * The app's own instance where it provides one, else one made with this module's providers.
 *
 * @throws TypeError for a request-scoped stage: checks are compiled once, so it would never see a request of its own.
 */
async function instanceOf(modules: ModuleRef, type: Type<SecurityStage>): Promise<SecurityStage> {
  try {
    return modules.get(type, { strict: false });
  } catch (error) {
    if (error instanceof UnknownElementException) return modules.create(type);
    throw optionError('security.stages', type, 'is request-scoped or transient', 'Give it the default scope.');
  }
}
