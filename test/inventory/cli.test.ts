import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAppSource } from '../../lib/cli/app-source.js';
import { DEVELOPMENT_NOTE, MODULE_NOTE } from '../../lib/cli/app-look.js';
import { closeWithin } from '../../lib/cli/booted-app.js';
import { run } from '../../lib/cli/run.js';
import { processTerminal, type Terminal } from '../../lib/cli/terminal.js';
import { parseInventory, type Finding } from '../../lib/index.js';

const APPS = fileURLToPath(new URL('cli-apps.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function bulwark(line: string, changed: Partial<Terminal> = {}): Promise<Outcome> {
  let [out, err] = ['', ''];
  const terminal: Terminal = {
    ...processTerminal(),
    folder,
    env: {},
    hasColours: false,
    print: (text) => void (out += text),
    complain: (text) => void (err += text),
    ...changed,
  };
  const code = await run(line.replaceAll('APPS', APPS).split(' ').filter(Boolean), terminal);
  return { code, out, err };
}

const inFolder = (name: string) => join(folder, name);

describe('bulwark inventory', () => {
  it('prints a table, of a module class by its default name', async () => {
    const { code, out, err } = await bulwark('inventory --app APPS');
    // Prefix and versions stand in main.ts: a module is told apart.
    expect([code, err]).toEqual([0, MODULE_NOTE]);
    expect(out).toContain('| `GET /hello` | public (greets everybody) |');
  });

  it('boots what a function makes, with its prefix, and keeps what it prints out of the result', async () => {
    const { code, out } = await bulwark('inventory --app APPS#makeApp --format json');
    expect(code).toBe(0);
    expect(parseInventory(out, 'out').endpoints.map(({ id }) => id)).toEqual(['GET /api/hello']);
  });

  it('boots a module on the platform that was asked for', async () => {
    for (const platform of ['express', 'fastify']) {
      const { code, out } = await bulwark(`inventory --app APPS --platform=${platform} --format=json`);
      expect([code, parseInventory(out, 'out').endpoints.length]).toEqual([0, 1]);
    }
  });

  it('writes a file, and finds no change in it', async () => {
    expect(await bulwark('inventory --app APPS --write a.json')).toEqual({
      code: 0,
      out: 'a.json: 1 endpoints written.\n',
      err: MODULE_NOTE,
    });
    expect(await bulwark('inventory --app APPS --check a.json')).toEqual({
      code: 0,
      out: 'a.json: 1 endpoints, no change.\n',
      err: MODULE_NOTE,
    });
  });

  it('fails with a diff where an endpoint appeared', async () => {
    await bulwark('inventory --app APPS --write a.json');
    expect(await bulwark('inventory --app APPS#UntidyModule --check a.json')).toEqual({
      code: 1,
      out: [
        'a.json: 1 change that may open something',
        '  + GET /shapeless: new, any caller by jwt',
        'If that is meant, write it down: the same command with --write a.json.',
        '',
      ].join('\n'),
      err: MODULE_NOTE,
    });
  });

  it('fails where a route became public, and where it lost a control', async () => {
    await bulwark('inventory --app APPS --write a.json');
    const text = await readFile(inFolder('a.json'), 'utf8');
    const stricter = text
      .replace('"access": "public"', '"access": "restricted"')
      .replace('"reason": "greets everybody"', '"roles": { "names": ["moderator"], "all": false }');
    await writeFile(inFolder('a.json'), stricter);
    const { code, out } = await bulwark('inventory --app APPS --check a.json');
    expect(code).toBe(1);
    expect(out).toContain('  - GET /hello: public (greets everybody) now, was @Roles(moderator) by jwt\n');
    expect(out).toContain('  - GET /hello: lost @Roles(moderator)\n');
  });

  it('fails also for what is gone, and for details that are out of date, under headings of their own', async () => {
    await bulwark('inventory --app APPS#UntidyModule --write a.json');
    expect(await bulwark('inventory --app APPS --check a.json')).toMatchObject({
      code: 1,
      out: expect.stringContaining(
        'a.json: 1 change that opens nothing\n  - GET /shapeless: gone\nWrite it down',
      ) as string,
    });
    await bulwark('inventory --app APPS --write a.json');
    const text = await readFile(inFolder('a.json'), 'utf8');
    await writeFile(inFolder('a.json'), text.replace('"ASVS-15.3.1"', '"ASVS-9.9.9"'));
    expect(await bulwark('inventory --app APPS --check a.json')).toMatchObject({
      code: 1,
      out: expect.stringContaining(
        'a.json: 2 changes that open nothing\n  ~ GET /hello: answers ASVS-15.3.1 now\n  ~ GET /hello: answers ASVS-9.9.9 no more\n',
      ) as string,
    });
  });

  it('does not mind that a stage of ours words better what it does', async () => {
    await bulwark('inventory --app APPS --write a.json');
    const text = await readFile(inFolder('a.json'), 'utf8');
    const reworded = text.replace('Public: greets everybody', 'Open, for it greets everybody');
    expect(reworded).not.toBe(text);
    await writeFile(inFolder('a.json'), reworded);
    expect((await bulwark('inventory --app APPS --check a.json')).code).toBe(0);
  });

  it('paints for people only', async () => {
    await bulwark('inventory --app APPS --write a.json');
    const { out } = await bulwark('inventory --app APPS#UntidyModule --check a.json', { hasColours: true });
    expect(out).toContain('\u001b[31m+ GET /shapeless: new, any caller by jwt\u001b[0m');
  });

  it('writes to a file what it would print', async () => {
    const { code, out } = await bulwark('inventory --app APPS --format markdown --output a.md');
    expect([code, out]).toEqual([0, '']);
    expect(await readFile(inFolder('a.md'), 'utf8')).toContain('# Security inventory');
  });
});

describe('bulwark audit', () => {
  it('finds nothing in a tidy app', async () => {
    expect(await bulwark('audit --app APPS#makeApp')).toEqual({
      code: 0,
      out: 'The boot audit found nothing.\n',
      err: DEVELOPMENT_NOTE,
    });
  });

  it('judges as production only when that is asked for, and does not blame the way it was run', async () => {
    const { API_SECRET } = process.env;
    process.env['API_SECRET'] = 'changeme';
    try {
      const asked = await bulwark('audit --app APPS#makeApp --production');
      expect(asked.code).toBe(1);
      expect(asked.out).toContain('error  config/known-secret  API_SECRET');
      expect(asked.out).not.toContain('config/node-env');
      expect(asked.err).toBe('');
      const unasked = await bulwark('audit --app APPS#makeApp');
      expect(unasked).toEqual({ code: 0, out: 'The boot audit found nothing.\n', err: DEVELOPMENT_NOTE });
    } finally {
      if (API_SECRET === undefined) delete process.env['API_SECRET'];
      else process.env['API_SECRET'] = API_SECRET;
    }
  });

  it('prints findings with the fix, and fails for an error', async () => {
    const { code, out, err } = await bulwark('audit --app APPS#UntidyModule');
    expect(code).toBe(1);
    expect(out).toContain('error  responses/no-shape  ShapelessController.read (GET /shapeless)\n  why: ');
    expect(out).toContain('fix: Add @Returns(View)');
    expect(out).toMatch(/Errors: 1, warnings: \d+\.\n$/);
    // A module cannot tell what main.ts does, so it is not blamed for it.
    expect(out).not.toContain('edge/no-secure-app');
    expect(err).toContain('what main.ts does (prefix, versioning, secureApp()) was not seen');
  });

  it('prints JSON and SARIF for programs', async () => {
    const json = await bulwark('audit --app APPS#UntidyModule --format json');
    expect((JSON.parse(json.out) as Finding[]).map(({ id }) => id)).toContain('responses/no-shape');
    const sarif = await bulwark('audit --app APPS#UntidyModule --format sarif');
    expect(JSON.parse(sarif.out)).toMatchObject({
      version: '2.1.0',
      runs: [{ tool: { driver: { name: 'nestjs-bulwark' } } }],
    });
    expect([json.code, sarif.code]).toEqual([1, 1]);
  });

  it('has the findings also where they stop the boot', async () => {
    const { code, out } = await bulwark('audit --app APPS#EnforcedModule');
    expect(code).toBe(1);
    expect(out).toContain('responses/no-shape');
    expect(out).not.toContain('edge/no-secure-app');
  });
});

describe('the exit code is 2', () => {
  it.each([
    ['for no command', '', 'bulwark inventory --app'],
    ['for an unknown command', 'inventry --app APPS', '"inventry" is no command. Did you mean inventory?'],
    ['for an unknown flag', 'inventory --ap APPS', '--ap: unknown flag. Did you mean --app?'],
    ['for a flag of another command', 'inventory --app APPS --fail-on error', '--fail-on: unknown flag.'],
    ['for no app', 'audit', '--app: missing.'],
    ['for a flag without its value', 'audit --app', '--app: needs a value'],
    ['for a flag that takes another flag for its value', 'audit --app --format json', '--app: needs a value'],
    [
      'for a time that is none',
      'audit --app APPS --boot-timeout soon',
      '--boot-timeout: "soon" is no number of seconds.',
    ],
    ['for a flag given twice', 'audit --app APPS --app APPS', '--app: given twice.'],
    [
      'for a choice that is none',
      'audit --app APPS --format sariff',
      '"sariff" is not one of the choices. Did you mean sarif?',
    ],
    ['for something that is no flag', 'audit APPS', 'is no flag.'],
    ['for a value where none goes', 'audit --help=yes', '--help: takes no value.'],
    ['for two ways at once', 'inventory --app APPS --write a --check a', '--write and --check: one at a time.'],
    ['for an output beside a file', 'inventory --app APPS --write a --output b', '--output: goes with --format'],
    [
      'for a file that is not there',
      'inventory --app nowhere.js',
      '--app: there is no nowhere.js. Build the app first.',
    ],
    ['for an export that is not there', 'inventory --app APPS#AppModul', 'exports no AppModul. Did you mean'],
    ['for an export that is no app', 'inventory --app APPS#aNumber', 'is neither a module class nor a function'],
    ['for a function that makes no app', 'inventory --app APPS#makeNothing', 'the function answered no Nest app'],
    [
      'for a platform beside a function',
      'inventory --app APPS#makeApp --platform fastify',
      '--platform: the function of --app decides',
    ],
    [
      'for a file to compare with that is not there',
      'inventory --app APPS --check b.json',
      'b.json cannot be read. Write it first',
    ],
    [
      'for a file that cannot be written',
      'inventory --app APPS --write no/where.json',
      'no/where.json cannot be written',
    ],
  ])('%s', async (_name, line, message) => {
    const { code, out, err } = await bulwark(line);
    expect(err).toContain(message);
    expect([code, out]).toEqual([2, '']);
  });

  it('for a file that is no inventory', async () => {
    await writeFile(inFolder('a.json'), '{}');
    const { code, err } = await bulwark('inventory --app APPS --check a.json');
    expect([code, err]).toEqual([2, 'bulwark: a.json: not an inventory of version 1. Write it anew with --write.\n']);
  });
});

describe('a committed file', () => {
  it('that says something unknown is no answer, and cannot steer the terminal', async () => {
    await bulwark('inventory --app APPS --write a.json');
    const text = await readFile(inFolder('a.json'), 'utf8');
    await writeFile(inFolder('a.json'), text.replace('"access": "public"', '"access": "opne"'));
    expect(await bulwark('inventory --app APPS --check a.json')).toEqual({
      code: 2,
      out: '',
      err: expect.stringContaining('a.json: the inventory is damaged, /endpoints/0/access: "opne" is not') as string,
    });
    await writeFile(inFolder('a.json'), text.replace('greets everybody', '\\u001b[2Jgone'));
    const { code, out } = await bulwark('inventory --app APPS --check a.json');
    expect(code).toBe(1);
    expect(out).toContain('was "\\u001b[2Jgone"');
    expect(out).not.toContain('\u001b');
  });

  it('is replaced, and nothing else is', async () => {
    await writeFile(inFolder('package.json'), '{ "name": "mine" }');
    const { code, err } = await bulwark('inventory --app APPS --write package.json');
    expect([code, err]).toEqual([2, expect.stringContaining('package.json is there, and is no inventory')]);
    expect(await readFile(inFolder('package.json'), 'utf8')).toBe('{ "name": "mine" }');
    await writeFile(inFolder('a.json'), '{ "version": 0, "endpoints": [] }');
    expect((await bulwark('inventory --app APPS --write a.json')).code).toBe(0);
  });

  it('that a function wrote is not compared with a module unnoticed', async () => {
    await bulwark('inventory --app APPS#makeApp --write a.json');
    const { code, out } = await bulwark('inventory --app APPS --check a.json');
    expect(code).toBe(1);
    expect(out).toContain('  ~ --app: names a module now, was a function\n');
  });
});

describe('the exit code is 3', () => {
  it('where an option is wrong, and the option is named', async () => {
    const { code, err } = await bulwark('inventory --app APPS#BrokenModule');
    expect(code).toBe(3);
    expect(err).toMatch(/^bulwark: The app did not start\.\nsecurity\.jwt\.secret: /);
  });

  it('where the app fails, after what it had to say', async () => {
    const { code, err } = await bulwark('audit --app APPS#makeTrouble');
    expect(code).toBe(3);
    expect(err).toMatch(/^first it prints\nbulwark: The app did not start\.\nError: then it fails\n/);
  });

  it('where the boot never ends', async () => {
    const { code, out, err } = await bulwark('inventory --app APPS#makeWaiting --boot-timeout 0.05 --format json');
    expect([code, out]).toEqual([3, '']);
    expect(err).toBe('bulwark: The app did not start within 0.05 seconds (--boot-timeout).\n');
  });

  it.each(['makeAborting', 'makeExiting'])(
    'where the app would end the process, with what it said: %s',
    async (name) => {
      const { exit, abort } = process;
      const { code, err } = await bulwark(`inventory --app APPS#${name}`);
      expect(code).toBe(3);
      expect(err).toMatch(/bulwark: The app did not start: it called process\.(exit\(1\)|abort\(\))\.\n$/);
      expect([process.exit, process.abort]).toEqual([exit, abort]);
    },
  );

  it('where SecurityModule is missing', async () => {
    const { code, err } = await bulwark('inventory --app APPS#InsecureModule');
    expect(code).toBe(3);
    expect(err).toContain('The app has no SecurityModule of this package. Import SecurityModule.forRoot()');
  });

  it('where the audit stops the boot, and the inventory was asked for', async () => {
    const { code, err } = await bulwark('inventory --app APPS#EnforcedModule');
    expect(code).toBe(3);
    expect(err).toContain('The boot audit found what has to be mended');
  });

  it('where the file cannot be loaded', async () => {
    await writeFile(inFolder('broken.mjs'), "throw new Error('not today')");
    const { code, err } = await bulwark('inventory --app broken.mjs');
    expect(code).toBe(3);
    expect(err).toContain('broken.mjs could not be loaded.');
  });
});

describe('what --app names', () => {
  const kindOf = async (text: string, name = '', file = 'app.cjs') => {
    await writeFile(inFolder(file), text);
    const source = await loadAppSource(`${file}${name}`, folder);
    return source.kind === 'module' ? `module ${source.module.name}` : `factory ${source.make.name}`;
  };

  it.each([
    ['a CommonJS class by its default name', 'exports.AppModule = class AppModule {}', '', 'module AppModule'],
    ['a CommonJS class by any name', 'exports.Other = class Other {}', '#Other', 'module Other'],
    ['a CommonJS file that is a function', 'module.exports = function make() {}', '', 'factory make'],
    ['a compiled default export', 'exports.__esModule = true; exports.default = class Root {}', '', 'module Root'],
    ['an arrow function', 'const make = async () => {}; exports.make = make', '#make', 'factory make'],
  ])('is %s', async (_name, text, name, expected) => {
    expect(await kindOf(text, name)).toBe(expected);
  });

  it('is the default export before AppModule', async () => {
    const text = 'export class AppModule {} export default function make() {}';
    expect(await kindOf(text, '', 'app.mjs')).toBe('factory make');
  });

  it('is not guessed where neither is there', async () => {
    await expect(kindOf('exports.One = class One {}')).rejects.toThrow('It exports One: name one, app.cjs#Name.');
  });
});

describe('bulwark', () => {
  it('says what it can do, and which version it is', async () => {
    expect(await bulwark('--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Exit codes: 0 fine') as string,
    });
    expect(await bulwark('audit -h')).toMatchObject({ code: 0 });
    expect(await bulwark('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  it('takes the environment for development unless it is said', async () => {
    const env: Record<string, string | undefined> = {};
    await bulwark('inventory --app APPS', { env });
    expect(env['NODE_ENV']).toBe('development');
    const production = { NODE_ENV: 'production' };
    await bulwark('inventory --app APPS', { env: production });
    expect(production.NODE_ENV).toBe('production');
  });
});

describe('an app that does not come down', () => {
  it('keeps nobody waiting', async () => {
    const close = () => new Promise<void>(() => undefined);
    await expect(closeWithin({ close }, 10)).resolves.toBeUndefined();
  });

  it('and one that fails meanwhile is a failure still', async () => {
    await expect(closeWithin({ close: () => Promise.reject(new Error('the pool is stuck')) }, 1000)).rejects.toThrow(
      'the pool is stuck',
    );
  });
});

describe('a file that is written', () => {
  it('is replaced in one step, and leaves nothing beside it', async () => {
    await bulwark('inventory --app APPS --write a.json');
    const { ino } = await stat(inFolder('a.json'));
    await bulwark('inventory --app APPS --write a.json');
    expect((await stat(inFolder('a.json'))).ino).not.toBe(ino);
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it('is written through a link, which stays one', async () => {
    await writeFile(inFolder('b.json'), '');
    await symlink(inFolder('b.json'), inFolder('a.json'));
    await bulwark('inventory --app APPS --write a.json');
    expect((await lstat(inFolder('a.json'))).isSymbolicLink()).toBe(true);
    expect(await readFile(inFolder('b.json'), 'utf8')).toContain('GET /hello');
  });

  it('may be the standard output by another name', async () => {
    const { out } = await bulwark('inventory --app APPS --format json --output /dev/stdout');
    expect(parseInventory(out, 'out').endpoints).toHaveLength(1);
  });
});

describe('an app on Fastify', () => {
  it('is looked at with what its plugins add when they are ready', async () => {
    const { code, out } = await bulwark('inventory --app APPS#makeWithPlugin --format json');
    expect(code).toBe(0);
    expect(parseInventory(out, 'out').endpoints.map(({ id, kind }) => `${kind} ${id}`)).toContain('raw GET /late');
  });
});

describe('a stage of the app’s own that answers another list', () => {
  it('is written, and read again', async () => {
    const written = await bulwark('inventory --app APPS#PciModule --write a.json');
    expect(written.code).toBe(0);
    expect(await readFile(inFolder('a.json'), 'utf8')).toContain('"PCI-6.5"');
    expect((await bulwark('inventory --app APPS#PciModule --check a.json')).code).toBe(0);
  });

  it('is not written where it could not be read again', async () => {
    const { code, err } = await bulwark('inventory --app APPS#NothingModule --write a.json');
    expect(code).toBe(2);
    expect(err).toContain('--write: nothing was written, for --check could not read it.');
    expect(await readdir(folder)).toEqual([]);
  });
});
