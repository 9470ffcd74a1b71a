import { Parser } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { reportAs, type ReportFormat } from 'nestjs-bulwark/testing';
import { findingsSarif } from '../../../lib/inventory/formats/findings-sarif.js';
import { reportSarif } from '../../../lib/testing/report/report-sarif.js';
import { bigReport, calmReport, evilReport, EVIL, reportOf } from './reports.js';

/** What a terminal obeys, what nobody sees, and what turns text around. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/u;

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** Every element, after a check that all of them are closed in their order. */
function elementsOf(xml: string): Element[] {
  const all: Element[] = [];
  const open: Element[] = [];
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        const element = { name, attributes, text: '' };
        all.push(element);
        open.push(element);
      },
      ontext: (text) => void (open.at(-1) !== undefined && (open.at(-1)!.text += text)),
      onclosetag(name, isImplied) {
        if (isImplied && !xml.includes('/>')) throw new Error(`${name} is not closed`);
        if (open.pop()?.name !== name) throw new Error(`${name} is closed where it was not open`);
      },
    },
    { xmlMode: true },
  );
  parser.end(xml);
  if (open.length > 0) throw new Error(`${open.at(-1)!.name} is not closed`);
  return all;
}

describe('a report for people', () => {
  it('as text says what is broken first, the worst of it before the rest, and ends in one line of counts', () => {
    const report = bigReport();
    const lines = reportAs(report, 'text').split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'broken  critical  DELETE /users/:id (UsersController.delete)  roles/below: Every role that does not suffice is refused',
      '  expected 403 or 404, got 200 (API5:2023, ASVS-8.2.1)',
      '  DELETE /users/:id as bob -> 200 {"id":"7","note":"for alice only"}',
    ]);
    expect(lines[4]).toMatch(/^broken {2}high {2}GET \/orders\/:id /);
    expect(lines.at(-2)).toBe(`${report.held} held, 3 broken, ${report.notTried} not tried`);
    expect(lines).toContain('    PUT /orders/:id: object/foreign');
  });

  it('as text is one line where all held', () => {
    expect(reportAs(calmReport(), 'text')).toBe(`${calmReport().held} held, 0 broken, 0 not tried\n`);
  });

  it('as Markdown shows what is broken, counts per case, and reasons', () => {
    const text = reportAs(bigReport(), 'markdown');
    expect(text).toContain(' 40 endpoints, on express');
    const order = ['## Broken', '**critical** `DELETE /users/:id`', '**low**', '## Cases', '## Not tried'];
    expect(order.map((each) => text.indexOf(each)).every((at, index, all) => at > (all[index - 1] ?? 0))).toBe(true);
    expect(text).toContain('| roles/below | Every role that does not suffice is refused | 39 | 1 | 0 |');
    expect(text).toContain('  - `GET /orders/:id` → 200'.replace('`GET /orders/:id`', '`GET /orders/:id as bob`'));
    expect(reportAs(calmReport(), 'markdown')).not.toContain('## Broken');
  });
});

describe('a report for programs', () => {
  it('as JSON is what attack() gave', () => {
    for (const report of [bigReport(), evilReport()]) {
      expect(JSON.parse(reportAs(report, 'json'))).toEqual(JSON.parse(JSON.stringify(report)));
    }
  });

  it('as JUnit XML has a suite per endpoint, failures for what broke, skips with their reason', () => {
    const report = bigReport();
    const elements = elementsOf(reportAs(report, 'junit'));
    const [root] = elements;
    expect(root!.attributes).toMatchObject({
      tests: String(report.results.length),
      failures: '3',
      errors: '0',
      skipped: String(report.notTried),
      time: '4.321',
    });
    const named = (name: string): Element[] => elements.filter((each) => each.name === name);
    expect(named('testsuite').map(({ attributes }) => attributes['name'])).toEqual([
      ...new Set(report.results.map(({ endpoint }) => endpoint)),
    ]);
    expect(named('testcase')).toHaveLength(report.results.length);
    expect(named('failure')).toHaveLength(3);
    expect(named('failure')[0]).toMatchObject({
      attributes: { message: 'expected 403 or 404, got 200', type: 'high' },
      text: expect.stringContaining('GET /orders/:id as bob') as string,
    });
    expect(named('skipped')).toHaveLength(report.notTried);
    expect(named('skipped')[0]!.attributes['message']).toContain('.foreign would say what belongs to somebody else');
  });

  it('as SARIF has the shape of the findings, a rule per case and a result for each that broke', () => {
    const report = bigReport();
    const log = JSON.parse(reportSarif(report, 'dist/app.module.js')) as Sarif;
    const finding = { id: 'a/b', severity: 'error', where: 'X.y', why: 'why', fix: 'fix', references: [] } as const;
    const findings = JSON.parse(JSON.stringify(findingsSarif([finding], '1.0.0', 'dist/app.module.js'))) as Sarif;
    expect(keysOf(log)).toEqual(keysOf(findings));
    const [{ tool, results }] = log.runs;
    expect(keysOf(results[0])).toEqual(keysOf(findings.runs[0].results[0]));
    expect(tool.driver.rules.map(({ id }) => id)).toEqual([...new Set(report.results.map((each) => each.case))]);
    expect(tool.driver.rules.find(({ id }) => id === 'roles/below')).toMatchObject({
      shortDescription: { text: 'Every role that does not suffice is refused' },
      help: { text: expect.stringContaining('API5:2023') as string },
      defaultConfiguration: { level: 'error' },
      properties: { tags: ['security', 'API5:2023', 'ASVS-8.2.1'], 'security-severity': '9.5' },
    });
    expect(results.map(({ ruleId, level }) => `${ruleId} ${level}`)).toEqual([
      'roles/below error',
      'object/foreign error',
      'answer/headers note',
    ]);
    expect(results.map(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]!.id === ruleId)).not.toContain(false);
    expect(results[0]).toMatchObject({
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'dist/app.module.js' } },
          logicalLocations: [{ fullyQualifiedName: 'UsersController.delete', kind: 'function' }],
        },
      ],
    });
    expect((JSON.parse(reportAs(calmReport(), 'sarif')) as Sarif).runs[0].results).toEqual([]);
  });

  it('is the same, however often it is written', () => {
    for (const format of ['json', 'junit', 'sarif', 'markdown', 'html', 'text'] as const) {
      expect(reportAs(bigReport(), format)).toBe(reportAs(bigReport(), format));
    }
  });

  it('refuses a format that is none', () => {
    expect(() => reportAs(bigReport(), 'pdf' as ReportFormat)).toThrow(
      /^reportAs\.format: "pdf" is no format\. Use one of/,
    );
  });
});

describe('an app that writes into the report', () => {
  it.each(['json', 'junit', 'sarif', 'markdown', 'html', 'text'] as const)('steers no reader of %s', (format) => {
    expect(UNSEEN.test(EVIL)).toBe(true);
    expect(UNSEEN.test(reportAs(evilReport(), format))).toBe(false);
  });

  it('adds no element to JUnit XML, and is read there as text', () => {
    const xml = reportAs(evilReport(), 'junit');
    const elements = elementsOf(xml);
    expect(elements.map(({ name }) => name)).toEqual([
      'testsuites',
      'testsuite',
      'testcase',
      'failure',
      'testcase',
      'skipped',
      'testcase',
    ]);
    expect(elements[3]!.text).toContain('\\u001b[31mred');
    expect(elements[3]!.attributes['message']).toContain(`"'><img src=x onerror=alert(1)></script>`);
    // Nothing but what XML knows: a name like &lol; stays a word.
    expect(xml.match(/&(?!(?:amp|lt|gt|quot);)/g)).toBeNull();
  });

  it('is no markup and no table in Markdown', () => {
    const text = reportAs(evilReport(), 'markdown');
    const outsideCode = text.replace(/(?<!\\)`[^`\n]*`/g, '');
    expect(outsideCode.match(/(?<!\\)[<>]/g)).toBeNull();
    expect(outsideCode).not.toMatch(/(?<!\\)\[link(?<!\\)\]\(/);
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    expect(rows.map((line) => line.match(/(?<!\\)\|/g)!.length)).toEqual(rows.map(() => 6));
  });

  it('takes one line for each of its own in text', () => {
    expect(reportAs(evilReport(), 'text').split('\n')).toHaveLength(10);
  });

  it('is shown in a page without one element more', () => {
    const names = (html: string): string[] => {
      const found: string[] = [];
      new Parser({ onopentagname: (name) => void found.push(name) }).end(html);
      return found;
    };
    const evil = evilReport();
    const tame = reportOf(
      evil.results.map((each) => ({
        ...each,
        endpoint: 'GET /x',
        handler: 'X.y',
        title: 'title',
        ...(each.why !== undefined && { why: 'why' }),
        ...(each.evidence && { evidence: { request: 'GET /x as y', status: 200, answer: 'x' } }),
      })),
    );
    expect(names(reportAs(evil, 'html'))).toEqual(names(reportAs(tame, 'html')));
  });
});

interface Sarif {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly { readonly ruleId: string; readonly ruleIndex: number; readonly level: string }[];
    },
  ];
}

const keysOf = (value: unknown): string[] => Object.keys(value as object).toSorted();
