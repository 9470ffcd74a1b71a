/** The packed tarball: what is in it, and that a fresh project can install, compile and run it. */

import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packAndInstall, type Packed } from './package/packed.js';

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
  files: ['main.ts', 'main.cts'],
};

const PROBLEM = 'application/problem+json';

describe('the packed library', { timeout: 60_000 }, () => {
  let packed: Packed;
  beforeAll(async () => {
    packed = await packAndInstall();
    await copyFile(CONSUMER, join(packed.project, 'main.ts'));
    await copyFile(CONSUMER, join(packed.project, 'main.cts'));
    await packed.tsc(TSCONFIG);
  }, 300_000);
  afterAll(() => packed?.remove());

  it('holds the built library and its papers, and nothing else', () => {
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
    expect(packed.files.filter((path) => !path.startsWith('dist/lib/'))).toEqual(papers);
    expect(packed.files.filter((path) => path.startsWith('dist/lib/') && !/\.(?:js|d\.ts)$/.test(path))).toEqual([]);
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

  it('answers require() in plain CommonJS with the very same module', async () => {
    const script =
      "const { SecurityModule } = require('nestjs-bulwark'); import('nestjs-bulwark').then((esm) => console.log(esm.SecurityModule === SecurityModule))";
    expect(await packed.node('--input-type=commonjs', '-e', script)).toBe('true\n');
  });
});
