/** Did everything hold? For `expect()` of vitest and jest, and as an assertion for any other framework. */

import { AssertionError } from 'node:assert';
import { tally, type AttackReport } from './attack/attack-report.js';
import { brokenFirst } from './report/report-order.js';
import { brokenLines } from './report/report-text.js';

/** What `expect.extend()` of vitest and jest takes. */
export interface AttackMatcherResult {
  readonly pass: boolean;
  message(): string;
}

/**
 * `expect.extend(attackMatchers)`, then `expect(report).toHold()`. Import it from `nestjs-bulwark/testing/vitest` or
 * `nestjs-bulwark/testing/jest`, and the compiler knows the matcher too.
 */
export const attackMatchers = Object.freeze({
  /** Passes where nothing is broken. @throws TypeError for what is no report, and for one in which nothing was tried. */
  toHold(received: unknown): AttackMatcherResult {
    const report = reportOf(received);
    return report.broken === 0
      ? { pass: true, message: () => `something was expected to be broken: ${tally(report)}` }
      : { pass: false, message: () => whatBroke(report) };
  },
});

/**
 * Throws where something is broken, and says what: for `node:test` and every other framework.
 *
 * @throws AssertionError with the broken cases and their evidence, in 30 lines at most.
 * @throws TypeError for what is no report, and for one in which nothing was tried.
 */
export function assertHolds(report: AttackReport): void {
  if (reportOf(report).broken === 0) return;
  throw new AssertionError({
    message: whatBroke(report),
    actual: report.broken,
    expected: 0,
    operator: 'assertHolds',
    stackStartFn: assertHolds,
  });
}

/** A promise that nobody awaited, or a selection that meets no endpoint, is no yes; and no `not` either. */
export function reportOf(received: unknown, who = 'toHold'): AttackReport {
  const { version, results } = (received ?? {}) as Partial<AttackReport>;
  if (version !== 1 || !Array.isArray(results)) {
    throw new TypeError(`${who}: this is no report. Give it what attack() gave: await attack(app, …).`);
  }
  const report = received as AttackReport;
  if (report.held + report.broken === 0) {
    throw new TypeError(`${who}: nothing was tried (${tally(report)}). Do \`only\` and \`skip\` leave anything?`);
  }
  return report;
}

/** A message of more lines is scrolled past. */
const MOST_LINES = 30;

function whatBroke(report: AttackReport): string {
  const lines = [`the attack broke ${report.broken} of ${report.held + report.broken} cases: ${tally(report)}`];
  const broken = brokenFirst(report);
  for (const [index, result] of broken.entries()) {
    const more = ['', ...brokenLines(result)];
    const isLast = index === broken.length - 1;
    if (lines.length + more.length > MOST_LINES - (isLast ? 0 : 1)) {
      lines.push(`and ${broken.length - index} more: reportAs(report, 'text') has all of them`);
      break;
    }
    lines.push(...more);
  }
  return lines.join('\n');
}
