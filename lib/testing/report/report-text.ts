/** How is the report read in a terminal? What is broken with its evidence, what was not tried and why, and one line of counts. */

import { plainText } from '../../core/plain-text.js';
import { tally, type AttackReport, type AttackResult } from '../attack/attack-report.js';
import { brokenFirst, notTriedByReason } from './report-order.js';

/** How much of an answer a line of evidence shows. */
const SHOWN = 160;

/** @param paint What is done to the first line of each broken case: colours, where there are people. */
export function reportText(report: AttackReport, paint: (line: string) => string = (line) => line): string {
  const lines = brokenFirst(report).flatMap((result) => {
    const [first, ...others] = brokenLines(result);
    return [paint(`broken  ${first}`), ...others, ''];
  });
  const reasons = notTriedByReason(report);
  if (reasons.length > 0) {
    lines.push('Not tried:');
    for (const { why, places } of reasons) {
      lines.push(`  ${plainText(why)}`);
      for (const [place, cases] of places) lines.push(`    ${plainText(place)}: ${plainText(cases.join(', '))}`);
    }
    lines.push('');
  }
  return `${[...lines, tally(report)].join('\n')}\n`;
}

/** Three lines at most: what, why, and what was sent and came back. */
export function brokenLines({
  severity,
  endpoint,
  handler,
  why,
  evidence,
  answers,
  ...result
}: AttackResult): string[] {
  const place = handler === undefined ? endpoint : `${endpoint} (${handler})`;
  return [
    `${severity}  ${place}  ${result.case}: ${result.title}`,
    `  ${why ?? 'no reason'}${answers.length > 0 ? ` (${answers.join(', ')})` : ''}`,
    ...(evidence === undefined
      ? []
      : [`  ${evidence.request} -> ${evidence.status} ${evidence.answer.slice(0, SHOWN)}`.trimEnd()]),
  ].map(plainText);
}
