/** What became of a case: `held`, `broken`, `not-tried`, by `GET /orders/:id object/foreign`. */

import type { AttackReport } from 'nestjs-bulwark/testing';

export function outcomesOf({ results }: AttackReport): Record<string, string> {
  return Object.fromEntries(results.map((each) => [`${each.endpoint} ${each.case}`, each.verdict]));
}

/** What is broken, and why: for tests that expect nothing of the kind. */
export function brokenIn({ results }: AttackReport): string[] {
  return results
    .filter(({ verdict }) => verdict === 'broken')
    .map((each) => `${each.endpoint} ${each.case}: ${each.why} (${each.evidence?.request})`);
}
