/** The page on the attack kit lists every case there is, as it describes itself. `WRITE_CASES=1` writes the list anew. */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { row, safe } from '../../lib/inventory/formats/markdown.js';
import { ALL_CASES } from '../../lib/testing/attack/case-list.js';

const PAGE = fileURLToPath(new URL('../../docs/attack-kit.md', import.meta.url));
const LIST = /(?<=<!-- every case -->\n)[^]*(?=<!-- end of the cases -->)/;

const PLACES = { endpoint: 'each endpoint', app: 'the app', answers: 'every answer' } as const;

const ids = [...new Set(ALL_CASES.map(({ id }) => id))].toSorted();

/** One idea may be tried in two ways: they stand in one row. */
function rowOf(id: string): string {
  const cases = ALL_CASES.filter((each) => each.id === id);
  const answers = new Set(cases.flatMap((each) => each.answers.map((answer) => answer.replace(':2023', ''))));
  const titles = new Set(cases.map(({ title }) => safe(title)));
  const severities = new Set(cases.map(({ severity }) => severity));
  return row([
    `\`${id}\``,
    [...titles].join('; '),
    [...severities].join(', '),
    [...new Set(cases.map(({ on }) => PLACES[on]))].join(', '),
    [...answers].join(', '),
  ]);
}

const table = [
  row(['case', 'what has to hold', 'severity', 'tried at', 'tests']),
  row(['---', '---', '---', '---', '---']),
  ...ids.map(rowOf),
];

describe('docs/attack-kit.md', () => {
  it('lists every case', async () => {
    const page = readFileSync(PAGE, 'utf8');
    const config = await resolveConfig(PAGE);
    const written = await format(
      page.replace(LIST, () => `\n${table.join('\n')}\n\n`),
      { ...config, filepath: PAGE },
    );
    if (process.env['WRITE_CASES'] !== undefined) writeFileSync(PAGE, written);
    expect(LIST.exec(readFileSync(PAGE, 'utf8'))?.[0]).toBe(LIST.exec(written)?.[0]);
  });

  it('names what the cases are a test of, by ids that there are', () => {
    const answers = [...new Set(ALL_CASES.flatMap((each) => each.answers))];
    expect(answers.filter((id) => !/^(?:API(?:[1-9]|10):2023|ASVS-\d+\.\d+\.\d+)$/.test(id))).toEqual([]);
  });
});
