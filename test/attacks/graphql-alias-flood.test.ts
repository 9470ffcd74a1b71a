/** Many calls in one request, so that a limit per request counts one. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenFor } from '../tokens.js';
import { openLibrary, type Library } from '../graphql/library.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';

const flood = (count: number, field: string): string =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')} }`;

describe.each(GRAPHQL_HOSTS)('an alias flood on $name', (host) => {
  let t: Library;
  beforeAll(async () => {
    t = await openLibrary(host);
  });
  afterAll(() => t.close());

  it('is refused whole, before anything is run, and told', async () => {
    t.events.length = 0;
    const { status, errors } = await t.ask(flood(16, 'rare'), { token: await tokenFor('alice') });
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      { extensions: { code: 'invalid_request', detail: 'The operation has more than 15 aliases.' } },
    ]);
    expect(t.events).toMatchObject([{ kind: 'edge_refused', reason: 'graphql_aliases_over_limit' }]);
  });

  it('pays for each alias where it is within the limit', async () => {
    const { errors } = await t.ask(flood(10, 'rare'), { token: await tokenFor('bob') });
    expect(errors[0]!.extensions.code).toBe('rate_limited');
    expect(t.events.filter(({ kind }) => kind === 'access_allowed')).toHaveLength(2);
  });

  it('cannot hide its aliases in fragments that are used many times', async () => {
    const query = `{ board { ...a } } fragment a on LibraryReader { ...b ...b ...b ...b } fragment b on LibraryReader { x: id y: id z: name w: name }`;
    const { errors } = await t.ask(query);
    expect(errors).toMatchObject([{ extensions: { detail: 'The operation has more than 15 aliases.' } }]);
  });

  it('cannot make millions of fields of a few fragments', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `f${index}`);
    const fragments = names.map((name, index) => {
      const inner = index === names.length - 1 ? 'id' : `...f${index + 1} ...f${index + 1}`;
      return `fragment ${name} on LibraryReader { ${inner} }`;
    });
    const started = performance.now();
    const { status, errors } = await t.ask(`{ board { ...f0 } } ${fragments.join(' ')}`);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { detail: 'The operation has more than 500 fields.' } }]);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('lets an honest operation with a few aliases pass', async () => {
    const { errors, data } = await t.ask('{ a: board { id } b: board(first: 1) { name } }');
    expect(errors).toEqual([]);
    expect(data.b).toEqual([{ name: 'ALICE' }]);
  });
});
