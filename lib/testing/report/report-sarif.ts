/** How does a code scanner show the report? As SARIF 2.1.0 (OASIS): a rule per case, a result for each that is broken. */

import { plainJson, plainText } from '../../core/plain-text.js';
import { sarifLog, type SarifLevel } from '../../inventory/formats/sarif-log.js';
import type { AttackReport, AttackResult, Severity } from '../attack/attack-report.js';
import { brokenLines } from './report-text.js';
import { brokenFirst, byCase } from './report-order.js';

const LEVELS: Readonly<Record<Severity, SarifLevel>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
};

/** From 0 to 10, in the middle of the bands that scanners know: critical from 9, high from 7, medium from 4. */
const SCORES: Readonly<Record<Severity, number>> = { critical: 9.5, high: 8, medium: 5.5, low: 2 };

/** @param artifact The file that holds the app, as a path relative to the repository. Some scanners show no result without one. */
export function reportSarif(report: AttackReport, artifact?: string): string {
  const rules = [...byCase(report).values()].map(([first]) => ruleOf(first!));
  const results = brokenFirst(report).map((result) => ({
    rule: result.case,
    level: LEVELS[result.severity],
    message: brokenLines(result)
      .map((line) => line.trim())
      .join('\n'),
    place: plainText(result.handler ?? result.endpoint),
    fingerprint: `${result.case}@${plainText(result.endpoint)}`,
  }));
  return `${plainJson(sarifLog(rules, results, { artifact }))}\n`;
}

function ruleOf({ case: id, title, severity, answers }: AttackResult) {
  const tested = answers.length > 0 ? ` Tests ${answers.join(', ')}.` : '';
  return {
    id,
    short: title,
    full: `${title}.`,
    help: `Where this is broken the endpoint does not do what it declares. The message holds the request that shows it.${tested}`,
    level: LEVELS[severity],
    severity: SCORES[severity],
    tags: answers,
  };
}
