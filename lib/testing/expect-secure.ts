/** Is the edge of the app closed? The part of the attack that needs to know nothing of the app. */

import { AssertionError } from 'node:assert';
import type { INestApplication } from '@nestjs/common';
import { attack } from './attack/attack.js';
import type { AttackOptions } from './attack/attack.options.js';
import type { AttackReport, AttackResult } from './attack/attack-report.js';
import { reportOf } from './hold.js';
import { byCase } from './report/report-order.js';

/** Headers, CORS, errors, methods, hosts and unknown routes, at every endpoint. */
const EDGE = [
  'app/',
  'cors/',
  'host/',
  'method/trace',
  'answer/headers',
  'answer/cache',
  'answer/internals',
  'answer/server-error',
];

/** How many endpoints are named for each thing that is missing. */
const NAMED = 3;

/**
 * Asserts what has to hold everywhere: security headers, no answer for pages of other origins, no foreign host believed,
 * no error that tells of the insides, a plain 404 for what is not there. It reads with the credentials of the first
 * principal and changes nothing. The app is initialised and listens on loopback where it does not yet.
 *
 * @param options As for `attack()`; what is tried is settled here.
 * @throws AssertionError that lists what is missing, and where.
 * @throws TypeError as `attack()` does, and where nothing was tried.
 * @example
 * await expectSecure(app);
 */
export async function expectSecure(
  app: INestApplication,
  options: Omit<AttackOptions, 'only' | 'baseline'> = {},
): Promise<void> {
  const report = reportOf(await attack(app, { ...options, only: EDGE }), 'expectSecure');
  const missing = [...missingIn(report), ...leftOut(report, Object.values(options.skip ?? {}))];
  if (missing.length === 0) return;
  throw new AssertionError({
    message: `The edge of the app is open:\n${missing.map((line) => `- ${line}`).join('\n')}`,
    actual: missing,
    expected: [],
    operator: 'expectSecure',
    stackStartFn: expectSecure,
  });
}

/** What was tried nowhere holds nowhere, unless it was skipped for a reason; and what the budget left out was not looked at. */
function leftOut(report: AttackReport, reasons: readonly string[]): readonly string[] {
  return [...byCase(report).values()].flatMap((results) => {
    const left = results.filter(({ verdict, why = '' }) => verdict === 'not-tried' && !reasons.includes(why));
    const ended = left.find(({ why = '' }) => why.startsWith('the budget of '));
    const found = ended ?? (left.length === results.length ? left[0] : undefined);
    return found === undefined ? [] : [`${found.title} (${found.case}): not tried, ${found.why}, at ${found.endpoint}`];
  });
}

/** One line for each thing, however many endpoints lack it. */
function missingIn({ results }: AttackReport): readonly string[] {
  const found = new Map<string, AttackResult[]>();
  for (const result of results) {
    if (result.verdict !== 'broken') continue;
    found.set(result.case, [...(found.get(result.case) ?? []), result]);
  }
  return [...found].map(([id, broken]) => {
    const places = broken.slice(0, NAMED).map(({ endpoint }) => endpoint);
    const more = broken.length > NAMED ? ` and ${broken.length - NAMED} more` : '';
    return `${broken[0]!.title} (${id}): ${broken[0]!.why ?? 'it does not'}, at ${places.join(', ')}${more}`;
  });
}
