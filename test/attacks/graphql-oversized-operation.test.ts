/** Operations that are small to send and dear to read: deep, circular, full of directives or tokens, or long lists of lists. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLibrary, type Library } from '../graphql/library.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';

describe.each(GRAPHQL_HOSTS)('an oversized operation on $name', (host) => {
  let t: Library;
  beforeAll(async () => {
    t = await openLibrary(host, { limits: { depth: 3 } });
  });
  afterAll(() => t.close());

  const CASES: readonly (readonly [string, string, string])[] = [
    ['too deep', '{ board { loans { id { a } } } }', 'The operation has more than 3 levels of fields.'],
    [
      'too deep in a fragment',
      '{ board { ...a } } fragment a on LibraryReader { loans { id { a } } }',
      'The operation has more than 3 levels of fields.',
    ],
    [
      'a fragment within itself',
      '{ board { ...a } } fragment a on LibraryReader { id ...a }',
      'A fragment contains itself.',
    ],
    [
      'a circle of fragments',
      '{ board { ...a } } fragment a on LibraryReader { id ...b } fragment b on LibraryReader { ...a }',
      'A fragment contains itself.',
    ],
    [
      'full of directives',
      `{ board ${'@include(if: true) '.repeat(21)} { id } }`,
      'The operation has more than 20 directives.',
    ],
    ['full of fields', `{ board { ${'id '.repeat(501)} } }`, 'The operation has more than 500 fields.'],
    ['a long list of what is dear', '{ board(first: 1000000) { score } }', 'The operation costs more than 1000.'],
    [
      'a long list by the default of a variable',
      'query ($n: Int = 1000000) { board(first: $n) { score } }',
      'The operation costs more than 1000.',
    ],
  ];

  it.each(CASES)('is refused: %s', async (_what, query, detail) => {
    const { status, errors } = await t.ask(query);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: 'invalid_request', detail } }]);
  });

  it('is refused by its cost where a variable says how long the list is', async () => {
    const query = 'query ($n: Int) { board(first: $n) { score } }';
    expect((await t.ask(query, { variables: { n: 1_000_000 } })).errors).toMatchObject([
      { extensions: { detail: 'The operation costs more than 1000.' } },
    ]);
    expect((await t.ask(query, { variables: { n: 1 } })).data).toEqual({ board: [{ score: 7 }] });
  });

  it('is refused by its tokens before it is read to the end', async () => {
    const { status, text } = await t.ask(`{ board { ${'id '.repeat(2001)} } }`);
    expect(status).toBe(400);
    expect(text).toContain('2000 tokens');
  });

  it('is refused as a document that is JSON, and not text', async () => {
    const { status } = await t.ask(JSON.stringify({ kind: 'Document', definitions: [] }));
    expect(status).toBe(400);
  });
});
