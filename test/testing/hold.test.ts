import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertHolds, type AttackReport } from 'nestjs-bulwark/testing';
import { attackMatchers as ofJest } from 'nestjs-bulwark/testing/jest';
import { attackMatchers } from 'nestjs-bulwark/testing/vitest';
import { bigReport, calmReport, evilReport, reportOf } from './report/reports.js';

expect.extend(attackMatchers);

/** Four hundred broken ones. */
function ruin(): AttackReport {
  const broken = bigReport().results.find(({ verdict }) => verdict === 'broken')!;
  return reportOf(Array.from({ length: 400 }, (_, index) => ({ ...broken, endpoint: `GET /${index}` })));
}

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
};

describe('expect(report).toHold()', () => {
  it('passes where nothing is broken, and fails where something is, with its evidence', () => {
    expect(calmReport()).toHold();
    expect(bigReport()).not.toHold();
    const message = messageOf(() => expect(bigReport()).toHold());
    expect(message.split('\n').slice(0, 5)).toEqual([
      expect.stringMatching(/^the attack broke 3 of \d+ cases: \d+ held, 3 broken, \d+ not tried$/),
      '',
      expect.stringMatching(/^critical {2}DELETE \/users\/:id \(UsersController\.delete\) {2}roles\/below: /),
      '  expected 403 or 404, got 200 (API5:2023, ASVS-8.2.1)',
      '  DELETE /users/:id as bob -> 200 {"id":"7","note":"for alice only"}',
    ]);
  });

  it('says with not that nothing broke', () => {
    expect(messageOf(() => expect(calmReport()).not.toHold())).toContain('something was expected to be broken');
  });

  it('takes 30 lines at most, and says how many more there are', () => {
    const lines = messageOf(() => expect(ruin()).toHold()).split('\n');
    expect(lines.length).toBeLessThanOrEqual(30);
    expect(lines.at(-1)).toMatch(/^and 393 more: reportAs\(report, 'text'\)/);
    expect(messageOf(() => expect(evilReport()).toHold()).split('\n')).toHaveLength(5);
  });

  it.each<[what: string, given: unknown]>([
    ['a promise that nobody awaited', Promise.resolve(bigReport())],
    ['nothing', undefined],
    ['a report in which nothing was tried', reportOf([])],
    [
      'a report in which all was skipped',
      reportOf(bigReport().results.filter(({ verdict }) => verdict === 'not-tried')),
    ],
  ])('takes %s for neither yes nor no', (_what, given) => {
    expect(() => expect(given).toHold()).toThrow(/^toHold: (?:this is no report|nothing was tried)/);
    expect(() => expect(given).not.toHold()).toThrow(TypeError);
  });

  it('is in jest the same: what expect.extend() takes there', () => {
    expect(ofJest).toBe(attackMatchers);
    expect(Object.keys(attackMatchers)).toEqual(['toHold']);
    const yes = attackMatchers.toHold(calmReport());
    const no = attackMatchers.toHold(bigReport());
    expect([yes.pass, no.pass]).toEqual([true, false]);
    expect([yes.message(), no.message()]).toEqual([expect.any(String), expect.stringContaining('critical')]);
  });
});

describe('assertHolds(report)', () => {
  it('throws an AssertionError where something is broken, and nothing else', () => {
    assertHolds(calmReport());
    expect(() => assertHolds(bigReport())).toThrow(
      expect.objectContaining({ name: 'AssertionError', code: 'ERR_ASSERTION' }),
    );
    expect(() => assertHolds(reportOf([]))).toThrow('toHold: nothing was tried');
  });

  describe('under node:test', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'bulwark-hold-'));
      await build({
        configFile: false,
        logLevel: 'silent',
        build: {
          ssr: fileURLToPath(new URL('../../lib/testing/hold.ts', import.meta.url)),
          outDir: folder,
          rolldownOptions: { output: { entryFileNames: 'hold.mjs' } },
        },
      });
    }, 60_000);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const run = async (report: AttackReport): Promise<{ code: number; out: string }> => {
      const file = join(folder, 'attack.test.mjs');
      await writeFile(
        file,
        `import { test } from 'node:test';
        import { assertHolds } from ${JSON.stringify(pathToFileURL(join(folder, 'hold.mjs')).href)};
        test('holds', () => assertHolds(${JSON.stringify(report)}));`,
      );
      // A child of a runner reports to its parent; this one is to speak for itself.
      const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
      try {
        const { stdout } = await promisify(execFile)(process.execPath, ['--test-reporter=tap', file], { env });
        return { code: 0, out: stdout };
      } catch (error) {
        const { code, stdout } = error as { code: number; stdout: string };
        return { code, out: stdout };
      }
    };

    it('passes a report that holds and fails one that does not', async () => {
      expect(await run(calmReport())).toMatchObject({ code: 0, out: expect.stringContaining('# pass 1') as string });
      const { code, out } = await run(bigReport());
      expect(code).toBe(1);
      expect(out).toContain('# fail 1');
      expect(out).toContain('DELETE /users/:id as bob -> 200');
    });
  });
});
