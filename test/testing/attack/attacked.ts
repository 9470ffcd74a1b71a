/** Boots a small app, attacks it, and tells how each case ended. */

import { attack, type AttackOptions, type AttackReport, type AttackResult } from '../../../lib/testing/index.js';
import { bootApp, type TestApp, type TestAppInit } from '../../app.js';

export interface Attacked {
  readonly report: AttackReport;
  /** `held`, `not-tried: …` or `broken: …`, of one case at one endpoint. Undefined: the case does not apply. */
  at(endpoint: string, id: string): string | undefined;
  /** Every broken one, as `GET /orders cors/wildcard: …`. */
  readonly broken: readonly string[];
}

export async function attacked(
  init: TestAppInit,
  options: AttackOptions,
  before?: (test: TestApp) => unknown,
): Promise<Attacked> {
  const test = await bootApp(init);
  try {
    await before?.(test);
    return told(await attack(test.app, options));
  } finally {
    await test.close();
  }
}

export function told(report: AttackReport): Attacked {
  const { results } = report;
  return {
    report,
    at: (endpoint, id) => {
      const found = results.find((each) => each.endpoint === endpoint && each.case === id);
      return found && wordsOf(found);
    },
    broken: results
      .filter(({ verdict }) => verdict === 'broken')
      .map((each) => `${each.endpoint} ${each.case}: ${each.why}`),
  };
}

function wordsOf({ verdict, why }: AttackResult): string {
  return why === undefined ? verdict : `${verdict}: ${why}`;
}
