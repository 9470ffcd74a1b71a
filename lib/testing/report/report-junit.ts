/** How does a CI server show the report? As JUnit XML: a suite per endpoint, a test per case. */

import { plainText } from '../../core/plain-text.js';
import type { AttackReport, AttackResult } from '../attack/attack-report.js';
import { byEndpoint, countOf } from './report-order.js';

export function reportJunit(report: AttackReport): string {
  const { results, broken, notTried, durationMs } = report;
  const counts = { tests: results.length, failures: broken, errors: 0, skipped: notTried };
  const suites = [...byEndpoint(report)].map(([endpoint, cases]) => suite(endpoint, cases));
  const time = (durationMs / 1000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'bulwark attack', ...counts, time })}>`,
    ...suites.flat(),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(endpoint: string, cases: readonly AttackResult[]): readonly string[] {
  const counts = { failures: countOf(cases, 'broken'), errors: 0, skipped: countOf(cases, 'not-tried') };
  return [
    `  <testsuite${attributes({ name: endpoint, tests: cases.length, ...counts })}>`,
    ...cases.map((each) => test(endpoint, each)),
    '  </testsuite>',
  ];
}

function test(endpoint: string, { verdict, why = '', severity, evidence, answers, ...result }: AttackResult): string {
  const open = `    <testcase${attributes({ classname: endpoint, name: `${result.case}: ${result.title}` })}`;
  if (verdict === 'held') return `${open}/>`;
  if (verdict === 'not-tried') return `${open}><skipped${attributes({ message: why })}/></testcase>`;
  const lines = [
    why,
    ...(answers.length > 0 ? [answers.join(', ')] : []),
    ...(evidence === undefined ? [] : [evidence.request, `${evidence.status} ${evidence.answer}`]),
  ];
  const text = lines.map(escaped).join('\n');
  return `${open}><failure${attributes({ message: why, type: severity })}>${text}</failure></testcase>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 §2.2: a control character makes the whole document ill-formed, so it is written as its escape. */
function escaped(text: string): string {
  return plainText(text).replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
