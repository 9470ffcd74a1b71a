/** The packed tarball: what is in it, and that a fresh project can install, compile and run it. */

import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packAndInstall, type Packed } from './package/packed.js';

const APP_MODULE = fileURLToPath(new URL('package/app.module.ts', import.meta.url));
const TROUBLESOME = fileURLToPath(new URL('package/troublesome.mjs', import.meta.url));
const CONSUMER = fileURLToPath(new URL('package/consumer.ts', import.meta.url));

/** Strict, and without `skipLibCheck`: the shipped declarations are checked too. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    lib: ['ES2023'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: '.',
    outDir: 'dist',
  },
  files: ['main.ts', 'main.cts', 'readme.ts', 'fetch.ts', 'app.module.ts'],
};

/** The safe fetch by its own path, in the place of any other. */
const FETCH = `
import { createSafeFetch, isPublicAddress, OutboundError, type OutboundErrorCode, type SafeFetchOptions } from 'nestjs-bulwark/fetch';
const options: SafeFetchOptions = { redirects: 1, lookup: (name, _options, done) => done(null, name) };
export const safeFetch: typeof fetch = createSafeFetch(options);
export const code = (error: unknown): OutboundErrorCode | undefined => (error instanceof OutboundError ? error.code : undefined);
export const known: boolean = isPublicAddress('1.1.1.1');
`;

const PROBLEM = 'application/problem+json';

describe('the packed library', { timeout: 60_000 }, () => {
  let packed: Packed;
  beforeAll(async () => {
    packed = await packAndInstall();
    await copyFile(CONSUMER, join(packed.project, 'main.ts'));
    await copyFile(CONSUMER, join(packed.project, 'main.cts'));
    await writeFile(join(packed.project, 'readme.ts'), await firstExample());
    await writeFile(join(packed.project, 'fetch.ts'), FETCH);
    await copyFile(APP_MODULE, join(packed.project, 'app.module.ts'));
    await packed.tsc(TSCONFIG);
  }, 300_000);
  afterAll(() => packed?.remove());

  it('holds the built library and its papers, and nothing else', async () => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
    const others = packed.files.filter((path) => !path.startsWith('dist/lib/') && !path.startsWith('docs/'));
    expect(others).toEqual([...papers, 'schema/security-inventory.schema.json']);
    expect(packed.files.filter((path) => path.startsWith('docs/') && !path.endsWith('.md'))).toEqual([]);
    const migrations = await readdir(new URL('../lib/postgres/migrations', import.meta.url));
    expect(packed.files.filter((path) => path.startsWith('dist/lib/') && !/\.(?:js|d\.ts)$/.test(path))).toEqual(
      migrations.toSorted().map((name) => `dist/lib/postgres/migrations/${name}`),
    );
  });

  it('brings its migrations with it, and needs no driver of Postgres to read them', async () => {
    const script =
      "import('nestjs-bulwark/postgres').then(({ migrationScript }) => migrationScript({ schema: 'own' })).then((sql) => console.log(sql))";
    const sql = await packed.node('-e', script);
    expect(sql).toContain('CREATE SCHEMA "own"');
    expect(sql).toContain('CREATE TABLE audit_log');
  });

  it('hands its contract suites to node:test, which passes a store that keeps them and fails one that does not', async () => {
    const run = (store: string): Promise<string> =>
      packed.node(
        '--input-type=module',
        '--test-reporter=tap',
        '-e',
        `import { describe, it } from 'node:test';
        import { MemorySpentStore } from 'nestjs-bulwark';
        import { spentStoreContract } from 'nestjs-bulwark/testing';
        spentStoreContract({ describe, it }, 'somebody else', () => ${store});`,
      );
    expect(await run('new MemorySpentStore()')).toMatch(/# pass 3\n# fail 0/);
    await expect(run('({ spend: () => true })')).rejects.toThrow(/# pass 0\n# fail 3/);
  });

  it('has declarations beside every module', () => {
    const modules = packed.files.filter((path) => path.endsWith('.js'));
    expect(modules).toContain('dist/lib/index.js');
    expect(modules.filter((path) => !packed.files.includes(path.replace(/\.js$/, '.d.ts')))).toEqual([]);
  });

  it('is described by its package.json without a flaw', async () => {
    const { buffer } = new Uint8Array(await readFile(packed.tarball));
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: buffer } });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('hides its insides', async () => {
    const script =
      "import('nestjs-bulwark/dist/lib/core/call.js').then(() => console.log('open'), (error) => console.log(error.code))";
    expect(await packed.node('-e', script)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it('fetches safely where Nest is not installed', async () => {
    const bare = await packed.onlyWith('undici', 'ipaddr.js');
    const script = `
      import('nestjs-bulwark/fetch').then(async ({ createSafeFetch, isPublicAddress }) => {
        const refused = await createSafeFetch()('https://169.254.169.254/').catch(({ code }) => code);
        const dialled = await createSafeFetch({ schemes: ['http'], dangerouslyAllowPrivate: ['127.0.0.1:1'] })('http://127.0.0.1:1/')
          .catch(({ code }) => code);
        const nest = await import('@nestjs/common').catch(({ code }) => code);
        console.log(JSON.stringify({ refused, dialled, public: isPublicAddress('1.1.1.1'), nest }));
      });`;
    expect(JSON.parse(await bare('-e', script))).toEqual({
      refused: 'address_refused',
      dialled: 'network',
      public: true,
      nest: 'ERR_MODULE_NOT_FOUND',
    });
  });

  describe.each([
    ['an ESM project', 'dist/main.js'],
    ['a CommonJS project', 'dist/main.cjs'],
  ])('in %s', (_kind, script) => {
    it('guards an app that only imported the module', async () => {
      const answers = JSON.parse(await packed.node(script)) as unknown;
      expect(answers).toEqual({
        anonymous: {
          status: 401,
          type: expect.stringContaining(PROBLEM),
          challenge: expect.stringMatching(/^Bearer/),
          body: { type: 'about:blank', title: 'Valid credentials are required.', status: 401 },
        },
        alice: {
          status: 200,
          type: expect.stringContaining('application/json'),
          challenge: null,
          body: { id: 'alice' },
        },
        refused: {
          status: 403,
          type: expect.stringContaining(PROBLEM),
          challenge: 'Bearer error="insufficient_scope"',
          body: { type: 'about:blank', title: 'You may not do this.', status: 403 },
        },
      });
    });
  });

  it('does what the first example of the README says, and that is to refuse', async () => {
    // After the lines that Nest logs.
    const printed = (await packed.node('dist/readme.js')).split('\n').at(-1)!;
    expect(JSON.parse(printed)).toEqual({
      status: 401,
      challenge: 'Bearer',
      type: 'application/problem+json',
    });
  });

  it('brings the command, which boots an app of the project and says what it exposes', async () => {
    const command = 'node_modules/.bin/bulwark';
    const app = ['--app', 'dist/app.module.js'];
    await packed.node(command, 'inventory', ...app, '--write', 'security.inventory.json');
    const said = await packed.node(command, 'inventory', ...app, '--check', 'security.inventory.json');
    expect(said).toBe('security.inventory.json: 1 endpoints, no change.\n');
    const file = JSON.parse(await readFile(join(packed.project, 'security.inventory.json'), 'utf8')) as object;
    expect(file).toMatchObject({ endpoints: [{ id: 'GET /orders/:id', access: 'restricted' }] });
    await expect(packed.node(command, 'inventory', '--ap', 'x')).rejects.toThrow('Did you mean --app?');
  });

  it('attacks that app too, and says what held', async () => {
    await writeFile(
      join(packed.project, 'attack.config.mjs'),
      "export default { principals: { alice: { id: '7' } } };\n",
    );
    const attacked = (selector: string) => {
      const flags = ['--app', 'dist/app.module.js', '--config', 'attack.config.mjs', '--only', selector];
      return packed.node('node_modules/.bin/bulwark', 'attack', ...flags);
    };
    expect(await attacked('GET /orders/:id token/')).toMatch(/\n[1-9]\d* held, 0 broken, \d+ not tried\n$/);
    // Nobody calls secureApp() in a module.
    await expect(attacked('GET /orders/:id answer/headers')).rejects.toThrow(/\d+ held, [1-9]\d* broken/);
  });

  describe('the command', () => {
    const command = (name: string, ...others: string[]) =>
      packed.node('node_modules/.bin/bulwark', 'inventory', '--app', `troublesome.mjs#${name}`, ...others);

    beforeAll(() => copyFile(TROUBLESOME, join(packed.project, 'troublesome.mjs')));

    it('keeps out of its result what the app writes, by whatever means', async () => {
      const result = await command('makeLoud', '--format', 'json');
      expect(JSON.parse(result)).toMatchObject({ version: 1, endpoints: [] });
      const output = await command('makeLoud', '--format', 'json', '--output', '/dev/stdout');
      expect(JSON.parse(output)).toMatchObject({ version: 1, endpoints: [] });
    });

    it('shows it where the app does not boot', async () => {
      await expect(command('makeLoudTrouble')).rejects.toMatchObject({
        cause: { code: 3, stdout: '', stderr: expect.stringMatching(/and then it fails[^]*written past/) as string },
      });
    });

    it('takes an app that fails where nobody looks for one that did not boot, and never for a change', async () => {
      await expect(command('makeStray')).rejects.toMatchObject({
        cause: { code: 3, stdout: '', stderr: expect.stringContaining('nobody catches this') as string },
      });
    });

    it('ends also where the app does not', { timeout: 40_000 }, async () => {
      process.env['NEVER_ENDS'] = 'yes';
      try {
        expect(JSON.parse(await command('makeLoud', '--format', 'json'))).toMatchObject({ version: 1 });
      } finally {
        delete process.env['NEVER_ENDS'];
      }
    });
  });

  it('answers require() in plain CommonJS with the very same module', async () => {
    const script =
      "const { SecurityModule } = require('nestjs-bulwark'); import('nestjs-bulwark').then((esm) => console.log(esm.SecurityModule === SecurityModule))";
    expect(await packed.node('--input-type=commonjs', '-e', script)).toBe('true\n');
  });
});

const README = fileURLToPath(new URL('../README.md', import.meta.url));

/** The first snippet of the README, on any free port, and then the request that is shown below it. */
async function firstExample(): Promise<string> {
  const [, code] = /```ts\n([^]*?)```/.exec(await readFile(README, 'utf8')) ?? [];
  const lines = code?.split('\n').filter((line) => line !== '') ?? [];
  if (lines.length === 0 || lines.length >= 20) throw new Error(`The first example has ${lines.length} lines.`);
  return `${code!.replace('listen(3000)', "listen(0, '127.0.0.1')")}
import type { AddressInfo } from 'node:net';
const { port } = app.getHttpServer().address() as AddressInfo;
const { status, headers } = await fetch(\`http://127.0.0.1:\${port}/secrets\`);
await app.close();
const said = { status, challenge: headers.get('www-authenticate'), type: headers.get('content-type') };
process.stdout.write(\`\\n\${JSON.stringify(said)}\`);
`;
}
