/** The documents keep their word: every snippet compiles, every script and link exists. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, ROOT } from './architecture/sources.js';
import { compileSnippets, placeOf, snippetsOf, type Document } from './docs/snippets.js';

/** Snippets that cannot compile, with the reason: `{ 'README.md: first line of the code': 'shows Nest 10' }`. */
const UNCHECKED: Readonly<Record<string, string>> = {};

const paths = [...filesBelow(ROOT, new Set(['node_modules', 'dist', 'coverage', '.git']))].filter((path) =>
  path.endsWith('.md'),
);
const documents: readonly Document[] = paths.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
const snippets = documents.flatMap(snippetsOf);
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('the documents', () => {
  it('hold code that compiles', { timeout: 60_000 }, () => {
    const checked = snippets.filter(({ language, flags }) => language === 'ts' && !flags.includes('no-check'));
    expect(compileSnippets(ROOT, checked)).toEqual([]);
  });

  it('leave no code out of that without a reason', () => {
    const unchecked = snippets.filter(
      ({ language, flags }) =>
        ['js', 'javascript', 'typescript', 'tsx'].includes(language) || flags.includes('no-check'),
    );
    const unexcused = unchecked.filter(
      ({ document, code }) => !Object.hasOwn(UNCHECKED, `${document.path}: ${code[0]}`),
    );
    expect(unexcused.map((snippet) => `${placeOf(snippet)}: mark it as ts, or give the reason in UNCHECKED.`)).toEqual(
      [],
    );
  });

  it('name scripts that there are', () => {
    const named = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => ({ path, name: name! })),
    );
    expect(named.filter(({ name }) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it('link to files that there are', () => {
    const links = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!\w+:|#|\/)([^)#\s]+)/g)].map(([, target]) => ({ path, target: target! })),
    );
    expect(links.filter(({ path, target }) => !existsSync(join(ROOT, dirname(path), target)))).toEqual([]);
  });
});

describe('the snippet check', () => {
  const complaintsAbout = (text: string): string[] => compileSnippets(ROOT, snippetsOf({ path: 'a.md', text }));

  it('names document and line of what does not compile', { timeout: 60_000 }, () => {
    const text = [
      '# Title', //                                                             1
      '```ts', //                                                               2
      "import { SecurityModule } from 'nestjs-bulwark';", //                    3
      'SecurityModule.forRoot({ stagess: [] });', //                            4
      '```', //                                                                 5
      'Then, in a list:', //                                                    6
      '- one', //                                                               7
      '  ```ts', //                                                             8
      '  const port: number = 3000;', //                                        9
      '  ```', //                                                              10
      '  ```ts continued', //                                                  11
      '  const copy: number = port;', //                                       12
      '  const wrong: string = port;', //                                      13
      '  ```', //                                                              14
      '```ts', //                                                              15
      'console.log(port);', //                                                 16
      '```', //                                                                17
    ].join('\n');
    expect(complaintsAbout(text)).toEqual([
      expect.stringMatching(/^a\.md:4: Object literal may only specify known properties.*'stagess'/),
      expect.stringMatching(/^a\.md:13: Type 'number' is not assignable to type 'string'/),
      expect.stringMatching(/^a\.md:16: Cannot find name 'port'/),
    ]);
  });

  it('reads fences, their languages and flags', () => {
    const text = ['~~~~sh', '```', '~~~', '~~~~', '````ts no-check', '```', '````'].join('\n');
    const found = snippetsOf({ path: 'a.md', text }).map(({ line, language, flags, code }) => ({
      line,
      language,
      flags,
      code,
    }));
    expect(found).toEqual([
      { line: 1, language: 'sh', flags: [], code: ['```', '~~~'] },
      { line: 5, language: 'ts', flags: ['no-check'], code: ['```'] },
    ]);
  });

  it('refuses a continuation of nothing', () => {
    expect(() => complaintsAbout('```ts continued\nconst a = 1;\n```')).toThrow('a.md:1 continues nothing.');
  });
});
