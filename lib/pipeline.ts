/** THE ORDER: which question is asked of a call, and when. */

import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { checkOneOf, optionError } from './core/checks.js';
import type { CustomStage, SecurityStage } from './core/stage.js';

interface Step {
  readonly name: string;
  /** The question, in one sentence. */
  readonly asks: string;
  readonly stage: Type<SecurityStage>;
}

export const PIPELINE: readonly Step[] = [
];

/**
 * The stages of one app in their order, its own stages inserted.
 *
 * @throws TypeError when a custom stage follows a stage that does not exist, or is no stage.
 */
export async function resolveStages(modules: ModuleRef, custom: readonly CustomStage[]): Promise<readonly SecurityStage[]> {
  const stages: SecurityStage[] = PIPELINE.map(({ stage }) => modules.get(stage, { strict: false }));
  for (const [index, { after, use }] of custom.entries()) {
    const names = stages.map(({ name }) => name);
    checkOneOf(`security.stages[${index}].after`, after, names);
    const stage = typeof use === 'function' ? await instanceOf(modules, use) : use;
    if (typeof stage.plan !== 'function' || typeof stage.describe !== 'function' || !stage.name) {
      throw optionError(`security.stages[${index}].use`, use, 'is no stage', 'A stage has a name, plan() and describe().');
    }
    stages.splice(names.lastIndexOf(after) + 1, 0, stage);
  }
  return Object.freeze(stages);
}

/** The app's own instance where it provides one, else one made with this module's providers. */
async function instanceOf(modules: ModuleRef, type: Type<SecurityStage>): Promise<SecurityStage> {
  try {
    return modules.get(type, { strict: false });
  } catch {
    return modules.create(type);
  }
}
