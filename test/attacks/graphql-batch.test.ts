/** Many operations in one request, and requests that other sites can make a browser send. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLibrary, type Library } from '../graphql/library.js';
import { GRAPHQL_HOSTS } from '../transports/over-graphql.js';

const QUERY = '{ board { id } }';

describe.each(GRAPHQL_HOSTS)('on $name', (host) => {
  let t: Library;
  beforeAll(async () => {
    t = await openLibrary(host);
  });
  afterAll(() => t.close());

  it('a batch is refused', async () => {
    const answer = await t.send('POST /graphql', { body: [{ query: QUERY }, { query: QUERY }] });
    expect(answer.status).toBe(400);
    expect(answer.body.data ?? null).toBe(null);
  });

  it.each(['mutation { fine(input: { amount: 1 }) }', QUERY])('nothing is run by GET: %s', async (query) => {
    const answer = await t.send(`GET /graphql?query=${encodeURIComponent(query)}`);
    expect([400, 405]).toContain(answer.status);
    expect(answer.body.data ?? null).toBe(null);
  });

  it.each([
    ['text/plain', JSON.stringify({ query: QUERY })],
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(QUERY)}`],
    [
      'multipart/form-data; boundary=x',
      `--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"${QUERY}","variables":{}}\r\n--x--\r\n`,
    ],
    ['application/graphql', QUERY],
  ])('what a form can send is refused: %s', async (type, body) => {
    const answer = await t.send('POST /graphql', { body, headers: { 'content-type': type } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.text).not.toContain('alice');
  });

  it('one operation as JSON is run', async () => {
    expect((await t.ask(QUERY)).data).toEqual({ board: [{ id: 'alice' }, { id: 'bob' }] });
  });
});
