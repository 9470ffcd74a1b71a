/** The house rules, read from the sources: who imports whom, how files are named, what code never does. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  arrowViolations,
  ARROWS,
  faceOf,
  FOLDERS_WITH_FACE,
  folderOf,
  WIRING,
  type Packages,
} from './architecture/arrows.js';
import { habitViolations, publicApiViolations } from './architecture/habits.js';
import { filesBelow, librarySources, ROOT, type Source } from './architecture/sources.js';

const sources = librarySources();

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { readonly optional?: boolean }>;
}

function packagesOf({ dependencies, peerDependencies, peerDependenciesMeta }: Manifest): Packages {
  const optional = Object.keys(peerDependenciesMeta).filter((name) => peerDependenciesMeta[name]?.optional);
  const required = [...Object.keys(dependencies), ...Object.keys(peerDependencies)].filter(
    (name) => !optional.includes(name),
  );
  return { required, optional };
}

const packages = packagesOf(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest);

describe('the arrows between the folders of lib/', () => {
  it('are the allowed ones', () => {
    expect(arrowViolations(sources, packages)).toEqual([]);
  });

  it('are known for every folder there is', () => {
    const unknown = [...new Set(sources.map(({ path }) => folderOf(path)))].filter(
      (folder) => !Object.hasOwn(ARROWS, folder),
    );
    expect(unknown).toEqual([]);
  });

  it('meet each stage at its one face', () => {
    const folders = new Set(sources.map(({ path }) => folderOf(path)));
    const faceless = FOLDERS_WITH_FACE.filter(
      (folder) => folders.has(folder) && !sources.some(({ path }) => path === faceOf(folder)),
    );
    expect(faceless).toEqual([]);
  });

  it.each<[why: string, path: string, line: string, complaint: string]>([
    [
      'a stage that imports another',
      'edge/hosts.ts',
      "import { x } from '../throttling/tiers.js';",
      'edge may import core, not throttling.',
    ],
    [
      'a stage that imports the wiring',
      'audit/log.ts',
      "import type { x } from '../index.js';",
      `audit may import core, not ${WIRING}.`,
    ],
    [
      'core that imports a stage, for its type only',
      'core/a.ts',
      "import type { x } from '../edge/hosts.js';",
      'core may import packages only, not edge.',
    ],
    [
      'an import inside a type',
      'core/a.ts',
      "type X = import('../edge/hosts.js').X;",
      'core may import packages only, not edge.',
    ],
    ['a re-export', 'core/a.ts', "export { x } from '../edge/hosts.js';", 'core may import packages only, not edge.'],
    [
      'an import() of a neighbour',
      'edge/a.ts',
      "const x = () => import('../audit/log.js');",
      'edge may import core, not audit.',
    ],
    ['wiring that reaches a backend', 'index.ts', "export { x } from './redis/store.js';", 'not redis.'],
    [
      'the module that knows a stage by more than its face',
      'security.module.ts',
      "import { x } from './edge/hosts.js';",
      'lib/edge/edge.providers.ts',
    ],
    ['an import from outside lib/', 'edge/a.ts', "import { x } from '../../test/app.js';", 'outside lib/'],
    ['a relative import without its ending', 'edge/a.ts', "import { x } from './hosts';", 'end in .js'],
    [
      'a package that is not declared',
      'edge/a.ts',
      "import x from 'left-pad';",
      'left-pad is neither a dependency nor a peer',
    ],
    [
      'a deep import of an undeclared scoped package',
      'edge/a.ts',
      "import x from '@acme/a/b.js';",
      '@acme/a is neither',
    ],
    ['an optional peer loaded at once', 'edge/a.ts', "import { hash } from '@node-rs/argon2';", 'optional peer'],
    ['a built-in without its prefix', 'edge/a.ts', "import { x } from 'crypto';", "write 'node:crypto'"],
    [
      'Nest in a pure file',
      'throttling/token-bucket.ts',
      "import { Injectable } from '@nestjs/common';",
      'works without Nest',
    ],
    [
      'a pure file that leans on one that is not',
      'outbound/fetch/safe-fetch.ts',
      "import { SecurityError } from '../../core/errors.js';",
      'and so must all that it imports',
    ],
    ['a folder nobody has heard of', 'misc/a.ts', "import { x } from '../core/call.js';", 'lib/misc/ has no place'],
  ])('refuse %s', (_why, path, line, complaint) => {
    const found = arrowViolations([{ path, text: `/** A. */\n${line}\n` }], packages);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`lib/${path}:2 imports '`);
    expect(found[0]).toContain(complaint);
  });

  it.each<[what: string, path: string, line: string]>([
    ['a stage that imports core', 'edge/a.ts', "import { x } from '../core/call.js';"],
    ['a stage that imports itself, folders deep', 'authentication/jwt/a.ts', "import { x } from '../principal.js';"],
    ['a declared package, deep', 'core/a.ts', "import { x } from '@nestjs/core/router/route-path-factory.js';"],
    ['an optional peer when it is needed', 'authentication/a.ts', "const x = () => import('@node-rs/argon2');"],
    ['the module that knows a face', 'security.module.ts', "import { x } from './edge/edge.providers.js';"],
  ])('allow %s', (_what, path, line) => {
    expect(arrowViolations([{ path, text: line }], packages)).toEqual([]);
  });
});

describe('every file of lib/', () => {
  it('keeps the habits of the house', () => {
    expect(sources.flatMap(habitViolations)).toEqual([]);
  });

  it.each<[habit: string, source: Partial<Source>, complaint: string]>([
    ['a file without its question', { text: "import 'a';\n" }, 'no doc comment'],
    ['a file of many ideas', { text: `/** A. */\n${'\n'.repeat(300)}const a = 1;` }, '250 is the most'],
    ['a name that says nothing', { path: 'edge/utils.ts' }, '"utils" says nothing'],
    ['a folder that says nothing', { path: 'edge/helpers/a.ts' }, '"helpers" says nothing'],
    ['a name in camel case', { path: 'edge/clientAddress.ts' }, 'kebab case'],
    ['any', { text: '/** A. */\nconst a = b as any;' }, ':2: `any` switches'],
    ['a silenced checker', { text: '/** A. */\n// @ts-ignore\nconst a = 1;' }, ':2: silences a checker'],
    ['the system clock', { text: '/** A. */\nconst a = Date.now();' }, ':2: time comes from CLOCK'],
    ['the system clock handed on', { text: '/** A. */\nconst a = { now: Date.now };' }, ':2: time comes from CLOCK'],
    ['the current date', { text: '/** A. */\nconst a = new Date();' }, ':2: time comes from CLOCK'],
    ['Reflector', { text: "/** A. */\nimport { Reflector } from '@nestjs/core';" }, ':2: Reflector reads'],
    [
      'code made from text',
      { text: "/** A. */\nconst a = new Function('return 1');" },
      ':2: code is not made from text',
    ],
    ['a top-level await', { text: "/** A. */\nconst a = await import('b');" }, ':2: a top-level await'],
    ['a default export', { text: '/** A. */\nexport default 1;' }, ':2: exports have names'],
  ])('is refused for %s', (_habit, source, complaint) => {
    const found = habitViolations({ path: 'edge/a.ts', text: '/** A. */\n', ...source });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(complaint);
  });

  it('may speak of the clock in a comment, format a known date, and wait inside a function', () => {
    const text =
      '/** Date.now() is not called here. */\nconst a = async (ms: number) => (await b(new Date(ms))).any;\n';
    expect(habitViolations({ path: 'edge/a.ts', text })).toEqual([]);
  });
});

describe('the public API', () => {
  it('is one list of named exports', () => {
    const index = sources.find(({ path }) => path === 'index.ts')!;
    expect(publicApiViolations(index)).toEqual([]);
  });

  it.each([
    "export * from './core/call.js';",
    "export * as core from './core/call.js';",
    'export const a = 1;',
    "import 'a';",
  ])('is not %s', (line) => {
    expect(publicApiViolations({ path: 'index.ts', text: line })).toEqual([
      'lib/index.ts:1: holds explicit named exports only.',
    ]);
  });
});

describe('the repository', () => {
  const skipped = new Set(['node_modules', 'dist', 'coverage', '.git', '.env']);
  const files = filesBelow(ROOT, skipped).filter((path) => !path.endsWith('.tgz'));

  it('speaks only of itself: no machine, no registry', () => {
    const elsewhere = /(?<![\w.-])\/(?:home|root|Users|work)\/\w|[A-Z]:\\Users\\|\bregistry\.npmjs\.|"resolved"\s*:/;
    const found = files.flatMap((path) =>
      readFileSync(join(ROOT, path), 'utf8')
        .split('\n')
        .flatMap((line, index) => (elsewhere.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`] : [])),
    );
    expect(found).toEqual([]);
  });

  it.each(['README.md', 'LICENSE', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'package-lock.json', '.ci/run'])(
    'has %s',
    (path) => {
      expect(existsSync(join(ROOT, path))).toBe(true);
    },
  );
});
