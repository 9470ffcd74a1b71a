/** What does a report say first? What is broken, the worst of it before the rest; then what stands together. */

import { THE_APP, type AttackReport, type AttackResult, type Severity, type Verdict } from '../attack/attack-report.js';

export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** The worst first; among equals the order of the run. */
export function brokenFirst({ results }: AttackReport): readonly AttackResult[] {
  return results
    .filter(({ verdict }) => verdict === 'broken')
    .sort((left, right) => SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity));
}

export interface NotTried {
  readonly why: string;
  /** Endpoint → the cases that were not tried there. */
  readonly places: ReadonlyMap<string, readonly string[]>;
}

/** What was left out for the same reason stands together, in the order of the run. */
export function notTriedByReason({ results }: AttackReport): readonly NotTried[] {
  const left = results.filter(({ verdict }) => verdict === 'not-tried');
  return [...grouped(left, ({ why = 'no reason' }) => why)].map(([why, group]) => ({
    why,
    places: new Map(
      [...grouped(group, ({ endpoint }) => endpoint)].map(([place, cases]) => [place, cases.map((each) => each.case)]),
    ),
  }));
}

export function byEndpoint({ results }: AttackReport): ReadonlyMap<string, readonly AttackResult[]> {
  return grouped(results, ({ endpoint }) => endpoint);
}

/** How many endpoints were attacked: the app itself is none. */
export function endpointsIn(report: AttackReport): number {
  return [...byEndpoint(report).keys()].filter((id) => id !== THE_APP).length;
}

export function byCase({ results }: AttackReport): ReadonlyMap<string, readonly AttackResult[]> {
  return grouped(results, (result) => result.case);
}

/** `token` of `token/expired`. */
export function groupOf(result: Pick<AttackResult, 'case'>): string {
  return result.case.split('/', 1)[0]!;
}

export function countOf(results: readonly AttackResult[], verdict: Verdict): number {
  return results.filter((each) => each.verdict === verdict).length;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
