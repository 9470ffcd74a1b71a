/** Reading the schema of a production server: by asking for it, by guessing at names, through its IDE. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLibrary, type Library } from '../graphql/library.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';

describe.each(GRAPHQL_HOSTS)('the schema on $name', (host) => {
  describe('in production', () => {
    let t: Library;
    const before = process.env.NODE_ENV;
    beforeAll(async () => {
      process.env.NODE_ENV = 'production';
      t = await openLibrary(host).finally(() => (process.env.NODE_ENV = before));
    });
    afterAll(() => t.close());

    it.each([
      '{ __schema { types { name } } }',
      '{ __type(name: "LibraryReader") { fields { name } } }',
      '{ board { id } ...f } fragment f on Query { s: __schema { queryType { name } } }',
    ])('is not told: %s', async (query) => {
      const { status, errors, text } = await t.ask(query);
      expect(status).toBe(400);
      expect(errors).toMatchObject([{ extensions: { code: 'invalid_request' } }]);
      expect(text).not.toContain('LibraryLoan');
    });

    it('is not suggested to whoever guesses', async () => {
      const { status, text } = await t.ask('{ board { emai nam } boart { id } }');
      expect(status).toBe(400);
      expect(text).not.toMatch(/did you mean|"mail"|"name"/i);
    });

    it('tells the name of a type that the client knows already', async () => {
      expect((await t.ask('{ board(first: 1) { __typename } }')).data).toEqual({
        board: [{ __typename: 'LibraryReader' }],
      });
    });

    it.each(['/graphql', '/graphiql', '/playground'])('has no IDE at %s', async (path) => {
      const { status, text } = await t.send(`GET ${path}`, { headers: { accept: 'text/html' } });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(text).not.toMatch(/<html|graphiql/i);
    });
  });

  it('is told elsewhere, and where the app says so', async () => {
    const t = await openLibrary(host, { introspection: true });
    try {
      const { data } = await t.ask('{ __schema { queryType { name } } }');
      expect(data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    } finally {
      await t.close();
    }
  });

  it('with trusted documents runs only those', async () => {
    const { createHash } = await import('node:crypto');
    const known = '{ board(first: 1) { id } }';
    const hash = createHash('sha256').update(known).digest('hex');
    const t = await openLibrary(host, { trustedDocuments: (sha256) => sha256 === hash });
    try {
      expect((await t.ask(known)).data).toEqual({ board: [{ id: 'alice' }] });
      const other = await t.ask('{ board(first: 2) { id } }');
      expect(other.status).toBe(403);
      expect(other.errors).toMatchObject([{ extensions: { code: 'forbidden' } }]);
    } finally {
      await t.close();
    }
  });
});
