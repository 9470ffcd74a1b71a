/** How is the report read in a pull request? As Markdown: what is broken, what each case came to, what was not tried. */

import { plainText } from '../../core/plain-text.js';
import { code, row, safe } from '../../inventory/formats/markdown.js';
import { tally, type AttackReport, type AttackResult } from '../attack/attack-report.js';
import { brokenFirst, byCase, endpointsIn, countOf, notTriedByReason } from './report-order.js';

const HEAD = ['case', 'what has to hold', 'held', 'broken', 'not tried'];

export function reportMarkdown(report: AttackReport): string {
  const { platform, seed } = report;
  const broken = brokenFirst(report);
  const reasons = notTriedByReason(report);
  const lines = [
    '# Attack report',
    '',
    `${tally(report)}. ${endpointsIn(report)} endpoints, on ${text(platform)}, seed ${seed}.`,
    ...(broken.length === 0 ? [] : ['', '## Broken', '', ...broken.flatMap(brokenItem)]),
    '',
    '## Cases',
    '',
    row(HEAD),
    row(['---', '---', '---:', '---:', '---:']),
    ...[...byCase(report).values()].map(caseRow),
    ...(reasons.length === 0 ? [] : ['', '## Not tried', '']),
    ...reasons.flatMap(({ why, places }) => [
      `- ${text(why)}`,
      ...[...places].map(([place, cases]) => `  - ${coded(place)}: ${text(cases.join(', '))}`),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function brokenItem({ severity, endpoint, handler, why = '', evidence, answers, ...result }: AttackResult): string[] {
  const answered = answers.length > 0 ? ` (${text(answers.join(', '))})` : '';
  return [
    `- **${severity}** ${coded(endpoint)}${handler === undefined ? '' : `, ${text(handler)}`}: ${text(result.case)}, ${text(result.title)}`,
    `  - ${text(why)}${answered}`,
    ...(evidence === undefined
      ? []
      : [
          `  - ${coded(evidence.request)} → ${evidence.status} ${evidence.answer === '' ? '' : coded(evidence.answer)}`,
        ]),
  ];
}

function caseRow(results: readonly AttackResult[]): string {
  const [first] = results;
  const counts = (['held', 'broken', 'not-tried'] as const).map((verdict) => countOf(results, verdict));
  return row([text(first!.case), text(first!.title), ...counts.map(String)]);
}

function text(value: string): string {
  return safe(plainText(value));
}

/** Empty code would be two backticks, which are text. */
function coded(value: string): string {
  return code(plainText(value));
}
