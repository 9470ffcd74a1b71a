import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MODULE_NOTE } from '../../lib/cli/app-look.js';
import { run } from '../../lib/cli/run.js';
import { processTerminal, type Terminal } from '../../lib/cli/terminal.js';

const APPS = fileURLToPath(new URL('attack-apps.ts', import.meta.url));
const CONFIG = `export default { principals: { mia: { id: 'mia' }, ada: { id: 'ada', roles: ['admin'] } } };`;
/** The rest is tried by the tests of the cases. */
const ONLY = ['--only', 'control/,roles/'];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-attack-'));
  await writeFile(join(folder, 'attack.config.mjs'), CONFIG);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function bulwark(args: readonly string[], changed: Partial<Terminal> = {}): Promise<Outcome> {
  let [out, err] = ['', ''];
  const code = await run(args, {
    ...processTerminal(),
    folder,
    env: {},
    hasColours: false,
    isWatched: false,
    print: (text) => void (out += text),
    complain: (text) => void (err += text),
    ...changed,
  });
  return { code, out, err };
}

const attack = (app: string, ...more: string[]): Promise<Outcome> =>
  bulwark(['attack', '--app', `${APPS}#${app}`, '--config', 'attack.config.mjs', ...more]);
const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);
const configured = (text: string): Promise<void> => writeFile(join(folder, 'attack.config.mjs'), text);

describe('bulwark attack', () => {
  it('ends well where all held, and its last line counts', async () => {
    const { code, out, err } = await attack('makeApp', ...ONLY);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe('4 held, 0 broken, 0 not tried\n');
  });

  it('fails with the evidence where a control of the baseline is gone', async () => {
    const written = await bulwark(['inventory', '--app', `${APPS}#makeApp`, '--write', 'inventory.json']);
    expect(written.code).toBe(0);
    expect((await attack('makeOpen', ...ONLY)).code).toBe(0);
    const { code, out } = await attack('makeOpen', ...ONLY, '--baseline', 'inventory.json');
    expect(code).toBe(1);
    expect(out).toContain('broken  critical  GET /reports (ReportsController.read)  roles/below: ');
    expect(out).toMatch(/\n {2}GET \/reports as \w+.* -> 200 report\n/);
    expect(lastLine(out)).toMatch(/^\d+ held, [1-9]\d* broken, 0 not tried$/);
  });

  it.each(['express', 'fastify'])('attacks a module class on %s, and says what it did not see', async (platform) => {
    const { code, out, err } = await attack('AppModule', ...ONLY, '--platform', platform, '--format', 'json');
    expect([code, err]).toEqual([0, MODULE_NOTE]);
    expect(JSON.parse(out)).toMatchObject({ version: 1, platform, broken: 0 });
  });

  it('takes options from a function of the app, and flags before them', async () => {
    await configured(`export default async (app) => {
      if (app.getHttpAdapter().getType() !== 'express') throw new Error('no app');
      return { only: ['control/'], seed: 7, skip: { 'GET /reports/greeting': 'greets only' } };
    };`);
    const own = JSON.parse((await attack('makeApp', '--format', 'json')).out) as Report;
    expect(own.seed).toBe(7);
    expect(own.results.map((each) => `${each.endpoint} ${each.case} ${each.verdict}`)).toEqual([
      'GET /reports control/good-call held',
      'GET /reports/greeting control/good-call not-tried',
    ]);
    const flags = ['--only', 'GET /reports roles/below', '--only', 'roles/above', '--seed', '9', '--format', 'json'];
    const changed = JSON.parse((await attack('makeApp', ...flags)).out) as Report;
    expect([changed.seed, changed.results.map((each) => each.case)]).toEqual([9, ['roles/below', 'roles/above']]);
  });

  it.each([
    ['text', /^4 held/],
    ['json', /^\{\n/],
    ['junit', /^<\?xml/],
    ['sarif', /"version": "2\.1\.0"/],
    ['markdown', /^# Attack report/],
    ['html', /^<!doctype html>/],
  ])('writes %s to a file, and the sum for all to see', async (format, expected) => {
    const { code, out } = await attack('makeApp', ...ONLY, '--format', format, '--output', 'report');
    expect([code, out]).toEqual([0, 'report: written.\n4 held, 0 broken, 0 not tried\n']);
    expect(await readFile(join(folder, 'report'), 'utf8')).toMatch(expected);
  });

  it('shows how far it is to whoever watches, on one line, and nobody else', async () => {
    const args = ['attack', '--app', `${APPS}#makeApp`, '--config', 'attack.config.mjs', ...ONLY];
    const { err, out } = await bulwark(args, { isWatched: true });
    expect(err).toBe('\r\u001b[K1/2 GET /reports\r\u001b[K2/2 GET /reports/greeting\r\u001b[K');
    expect(out).toBe('4 held, 0 broken, 0 not tried\n');
  });

  it('paints for people only', async () => {
    await bulwark(['inventory', '--app', `${APPS}#makeApp`, '--write', 'inventory.json']);
    const args = [
      'attack',
      '--app',
      `${APPS}#makeOpen`,
      '--config',
      'attack.config.mjs',
      '--baseline',
      'inventory.json',
    ];
    const { out } = await bulwark([...args, ...ONLY], { hasColours: true });
    expect(out).toContain('\u001b[31mbroken  critical');
    await bulwark([...args, ...ONLY, '--output', 'report.txt'], { hasColours: true });
    expect(await readFile(join(folder, 'report.txt'), 'utf8')).not.toContain('\u001b');
  });
});

interface Report {
  readonly seed: number;
  readonly results: readonly { readonly endpoint: string; readonly case: string; readonly verdict: string }[];
}

describe('bulwark attack refuses', () => {
  it('production', async () => {
    const args = ['attack', '--app', `${APPS}#makeApp`, '--config', 'attack.config.mjs'];
    expect(await bulwark(args, { env: { NODE_ENV: 'production' } })).toEqual({
      code: 2,
      out: '',
      err: 'bulwark: NODE_ENV is production. An attack changes and deletes data: run it on a test app only.\n',
    });
  });

  it('an app that others can reach', async () => {
    const { code, err } = await attack('makeListening', ...ONLY);
    expect([code, err]).toEqual([2, expect.stringContaining('where others can reach it')]);
  });

  it('to call it a success where nothing was tried', async () => {
    const { code, err } = await attack('makeApp', '--only', 'GET /nowhere');
    expect([code, err]).toEqual([2, expect.stringContaining('attack.only: "GET /nowhere" matches no')]);
  });

  it('an app that ends the process in the middle: its exit code is no answer', async () => {
    const { code, err } = await attack('EndingModule', ...ONLY);
    expect([code, err]).toEqual([3, expect.stringContaining('The attack did not end: it called process.exit(0).')]);
  });

  it.each<[what: string, args: readonly string[], message: string]>([
    ['without a config', ['--app', APPS], '--config: missing.'],
    ['a config that is not there', ['--app', APPS, '--config', 'no.mjs'], '--config: there is no no.mjs.'],
    ['a seed that is none', ['--app', APPS, '--config', 'attack.config.mjs', '--seed', '1.5'], '--seed: "1.5" is no'],
    ['a format that is none', ['--app', APPS, '--config', 'a', '--format', 'junitt'], 'Did you mean junit?'],
    [
      'a baseline that is not there',
      ['--app', APPS, '--config', 'attack.config.mjs', '--baseline', 'no.json'],
      '--baseline: no.json cannot be read. Write it first: bulwark inventory --write no.json',
    ],
  ])('%s', async (_what, args, message) => {
    const { code, out, err } = await bulwark(['attack', ...args]);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(message)]);
  });

  it.each<[what: string, config: string, message: string]>([
    ['that exports nothing', 'export const other = 1;', 'has no default export'],
    ['that cannot be loaded', 'export default {', 'could not be loaded'],
    ['whose function fails', 'export default () => { throw new Error("no orders"); };', 'no orders'],
    ['that misspells an option', 'export default { principal: {} };', 'Did you mean `attack.principals`?'],
    ['whose principal proves nothing', 'export default { principals: { mia: {} } };', 'proves nothing'],
  ])('a config %s', async (_what, config, message) => {
    await configured(config);
    const { code, out, err } = await attack('makeApp', ...ONLY);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  it('an app that does not boot', async () => {
    const apps = fileURLToPath(new URL('cli-apps.ts', import.meta.url));
    for (const app of ['InsecureModule', 'BrokenModule']) {
      const { code, out } = await bulwark(['attack', '--app', `${apps}#${app}`, '--config', 'attack.config.mjs']);
      expect([code, out]).toEqual([3, '']);
    }
  });
});
