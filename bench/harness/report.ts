/** How is a result shown? As Markdown tables, and as ratios beside the targets that they were meant to reach. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { machineLine } from './machine.js';
import { median, type Samples } from './samples.js';

/** One ratio or amount with what it should at least (or at most) be. */
export interface Verdict {
  readonly what: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly bound: 'at least' | 'at most';
  readonly target: number;
  readonly ok: boolean;
}

export const RESULTS = 'bench/dist/results';

/** Machines are noisy: what misses its target by less than this is not called a miss, but shown. */
export const NOISE = 0.15;

export class Report {
  readonly #verdicts: Verdict[] = [];

  constructor(
    private readonly name: string,
    title: string,
    packages: readonly string[] = [],
  ) {
    console.log(`## ${title}\n\n${machineLine(packages)}\n`);
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    console.log(`| ${head.join(' | ')} |\n|${head.map(() => '---').join('|')}|`);
    for (const row of rows) console.log(`| ${row.join(' | ')} |`);
    console.log('');
  }

  text(line: string): void {
    console.log(`${line}\n`);
  }

  atLeast(what: string, samples: Samples, target: number, unit = 'x'): void {
    this.#judge(what, samples, target, unit, 'at least', median(samples) >= target);
  }

  atMost(what: string, samples: Samples, target: number, unit = 'x'): void {
    this.#judge(what, samples, target, unit, 'at most', median(samples) <= target);
  }

  /** Prints the ratios and leaves them for `bench:check`. */
  finish(): void {
    if (this.#verdicts.length > 0) this.table(VERDICT_HEAD, this.#verdicts.map(verdictRow));
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(`${RESULTS}/${this.name}.json`, JSON.stringify(this.#verdicts));
  }

  #judge(what: string, samples: Samples, target: number, unit: string, bound: Verdict['bound'], ok: boolean): void {
    const [min, max] = [Math.min(...samples), Math.max(...samples)];
    this.#verdicts.push({ what, median: median(samples), min, max, unit, bound, target, ok });
  }
}

export const VERDICT_HEAD = ['what', 'measured, median', 'min - max', 'target', ''];

export function verdictRow(verdict: Verdict): string[] {
  const { what, median: middle, min, max, unit, bound, target, ok } = verdict;
  const span = `${digits(min)} - ${digits(max)}`;
  return [
    what,
    `${digits(middle)}${unit}`,
    span,
    `${bound} ${target}${unit}`,
    ok ? 'ok' : isMiss(verdict) ? '**short**' : 'within the noise',
  ];
}

export function isMiss({ median: middle, bound, target }: Verdict): boolean {
  return bound === 'at least' ? middle < target * (1 - NOISE) : middle > target * (1 + NOISE);
}

/** Three digits that count. */
export function digits(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function span(samples: Samples): string {
  return `${digits(Math.min(...samples))} - ${digits(Math.max(...samples))}`;
}
