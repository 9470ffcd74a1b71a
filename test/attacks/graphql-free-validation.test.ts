/** Operations that are never run: dear to read and to validate, made up anew each time, or built to break the reading. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { perMinute } from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { openLibrary, type Library } from '../graphql/library.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';

describe.each(GRAPHQL_HOSTS)('an operation that is not run, on $name', (host) => {
  let t: Library;
  beforeEach(async () => {
    t = await openLibrary(host, { introspection: false }, { security: { throttling: { address: perMinute(12) } } });
  });
  afterEach(() => t.close());

  it.each([
    [
      'names none of several',
      'query A { __typename } query B { __typename }',
      'Say by `operationName` which operation is meant.',
    ],
    ['holds a fragment only', 'fragment a on Query { __typename }', 'The document holds no operation.'],
    [
      'is small beside one that is not',
      `query A { __typename } query B { ${'board { id } '.repeat(11)} }`,
      'The operation has more than 10 root fields.',
    ],
    [
      'has a large fragment that nobody uses',
      `{ __typename } fragment a on Query { ${'__typename '.repeat(501)} }`,
      'The operation has more than 500 fields.',
    ],
    [
      'has a circle that nobody uses',
      '{ __typename } fragment a on Query { ...b } fragment b on Query { ...a }',
      'A fragment contains itself.',
    ],
    [
      'has two fragments of one name',
      `{ __typename } fragment a on Query { ${'__typename '.repeat(501)} } fragment a on Query { __typename }`,
      'The operation has more than 500 fields.',
    ],
    [
      'asks for the schema beside another',
      'query A { __typename } query B { __schema { types { name } } }',
      'This server does not tell its schema.',
    ],
  ])('is refused where it %s', async (_what, query, detail) => {
    const { status, errors } = await t.ask(query);
    expect([status, errors.map(({ extensions }) => extensions.detail)]).toEqual([400, [detail]]);
    expect(t.events).toMatchObject([{ kind: 'edge_refused', code: 'invalid_request' }]);
  });

  it('runs the one that is named', async () => {
    const query = 'query A { board(first: 1) { id } } query B { board(first: 1) { name } }';
    const send = (operationName: string) => t.send('POST /graphql', { body: { query, operationName } });
    expect((await send('B')).body.data).toEqual({ board: [{ name: 'ALICE' }] });
    expect((await send('C')).status).toBe(400);
  });

  it.each([
    ['a fragment on an input', '{ board { ... on LibraryFine { amount { n } } } }', undefined],
    ['a fragment on a scalar', '{ board { ... on Int { n } } }', undefined],
    [
      'an input deeper than any stack',
      'mutation ($i: LibraryFine!) { fine(input: $i) }',
      `{"query":"mutation ($i: LibraryFine!) { fine(input: $i) }","variables":{"i":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
    ],
  ])('is the fault of its client: %s', async (_what, query, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await t.send('POST /graphql', { headers, body: body ?? JSON.stringify({ query }) });
    expect(answer.body.errors[0].extensions.code).not.toBe('internal');
    expect(answer.status).toBeLessThan(500);
    expect(t.events.filter(({ level }) => level === 'alert')).toEqual([]);
  });

  it.each([
    ['{ __typename }', 200],
    ['{ nothing }', 400],
    ['{', 400],
    [`{ ${'a: __typename '.repeat(16)} }`, 400],
    ['query ($n: Int!) { board(first: $n) { id } }', undefined],
  ] as const)('is paid by the address that sent it: %s', async (query, status) => {
    const seen: number[] = [];
    for (let sent = 0; sent < 13; sent++) seen.push((await t.ask(query)).status);
    if (status !== undefined) expect(new Set(seen.slice(0, 12))).toEqual(new Set([status]));
    expect(seen.at(-1)).toBe(429);
    const { status: refused, headers, errors } = await t.ask(query);
    expect([refused, headers['retry-after'], errors[0]!.extensions.code]).toEqual([429, '5', 'rate_limited']);
    t.clock.advance(5000);
    expect((await t.ask('{ board(first: 1) { id } }')).status).toBe(200);
  });

  it('locks out nobody who is known, behind the same address', async () => {
    const token = await tokenFor('alice');
    expect((await t.ask('{ me { id } }', { token })).data).toEqual({ me: { id: 'alice' } });
    for (let sent = 0; sent < 13; sent++) await t.ask('{');
    expect((await t.ask('{ me { id } }')).status).toBe(429);
    expect((await t.ask('{ me { id } }', { token })).data).toEqual({ me: { id: 'alice' } });
  });

  it('charges a call of a resolver once, and not its address besides', async () => {
    const token = await tokenFor('alice');
    for (let sent = 0; sent < 13; sent++) await t.ask('{ me { id } }', { token });
    expect((await t.ask('{ __typename }')).status).toBe(200);
  });
});

describe('documents that are remembered', () => {
  it('are those only that kept the limits, and no more than there is room for', async () => {
    const { KnownDocuments } = await import('../../lib/graphql/known-documents.js');
    const { parse } = await import('graphql');
    const known = new KnownDocuments();
    const texts = Array.from({ length: 100 }, (_, index) => `{ a${index} ${'b '.repeat(4000)} }`);
    for (const text of texts) known.add(text, parse(text, { noLocation: true }));
    expect(known.get(texts.at(-1)!)).toBeDefined();
    const length = texts.filter((text) => known.get(text) !== undefined).reduce((sum, text) => sum + text.length, 0);
    expect(length).toBeGreaterThan(200_000);
    expect(length).toBeLessThanOrEqual(262_144);
    known.add(`{ ${'b '.repeat(5000)} }`, parse('{ a }'));
    expect(known.get(`{ ${'b '.repeat(5000)} }`)).toBe(undefined);
  });
});
