import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';
import { openLibrary, type Library } from './library.js';

describe.each(GRAPHQL_HOSTS)('errors on $name', (host) => {
  let t: Library;
  beforeAll(async () => {
    t = await openLibrary(host);
  });
  afterAll(() => t.close());
  beforeEach(() => void (t.events.length = 0));

  it('are problems: a code, the fields of RFC 9457, and no stack', async () => {
    const { status, data, errors } = await t.ask('{ me { id } }');
    expect(status).toBe(200);
    expect(data).toEqual({ me: null });
    expect(errors).toEqual([
      {
        message: 'Valid credentials are required.',
        locations: [{ line: 1, column: 3 }],
        path: ['me'],
        extensions: { code: 'unauthenticated', type: 'about:blank', status: 401 },
      },
    ]);
  });

  it('say of a crash only its number, which the log has too', async () => {
    const { status, errors, text } = await t.ask('{ broken(how: "crash") }');
    expect(status).toBe(200);
    const [failed] = t.events.filter(({ kind }) => kind === 'server_failed');
    expect(failed).toMatchObject({ level: 'alert', subject: { route: 'LibraryResolver.broken' }, reason: 'Error' });
    const instance = `urn:uuid:${(failed as { incident: string }).incident}`;
    expect(errors).toMatchObject([
      { message: 'Something went wrong on our side.', extensions: { code: 'internal', status: 500, instance } },
    ]);
    expect(text).not.toMatch(/SELECT|stack|node_modules/);
  });

  it('say the same for everything that is not there', async () => {
    const { errors, text } = await t.ask('{ broken(how: "missing") }');
    expect(errors).toMatchObject([{ message: 'Not found.', extensions: { code: 'not_found', status: 404 } }]);
    expect(text).not.toContain('alice');
  });

  it('never quote a value that did not fit the schema', async () => {
    const { errors, text } = await t.ask('{ broken(how: "wrong") }');
    expect(errors).toMatchObject([{ extensions: { code: 'internal', status: 500 } }]);
    expect(text).not.toContain('never');
  });

  it('keep what the app says to its clients on purpose', async () => {
    const { errors } = await t.ask('{ broken(how: "closed") }');
    expect(errors).toMatchObject([{ message: 'The library is closed.', extensions: { code: 'CLOSED' } }]);
    expect(errors[0]!.extensions).not.toHaveProperty('stacktrace');
  });

  it.each([
    ['syntax', '{ board(', undefined],
    ['an unknown field', '{ nothing }', undefined],
    ['a variable of another type', 'query ($n: Int) { board(first: $n) { id } }', { n: 'many' }],
    ['no query', '', undefined],
  ])('answer 400 for %s', async (_what, query, variables) => {
    const { status, data, errors } = await t.ask(query, { ...(variables && { variables }) });
    expect(status).toBe(400);
    expect(data ?? null).toBe(null);
    expect(errors).toMatchObject([{ extensions: { code: 'invalid_request' } }]);
    expect(t.events.filter(({ level }) => level === 'alert')).toEqual([]);
  });

  it('send Retry-After with a refusal by a limit', async () => {
    const token = await tokenFor('rita');
    await t.ask('{ rare }', { token });
    await t.ask('{ rare }', { token });
    const { headers, errors } = await t.ask('{ rare }', { token });
    expect(errors).toMatchObject([{ extensions: { code: 'rate_limited', 'violated-policies': ['route'] } }]);
    expect(headers['retry-after']).toBe('30');
  });
});
