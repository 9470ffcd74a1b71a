/** Every hostile URL, as a user would hand it in: nothing is looked up, and no connection is as much as begun. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSafeFetch } from '../../lib/fetch.js';
import { HOSTILE_URLS } from '../outbound/hostile-urls.js';
import { answering, closeAll, failureOf, reaching, serve } from '../outbound/loopback.js';

/** Where Node tells of every connection that a program begins. */
const BEGUN = 'net.client.socket';
let connections = 0;
const count = (): void => void connections++;
beforeEach(() => {
  connections = 0;
  subscribe(BEGUN, count);
});
afterEach(() => {
  unsubscribe(BEGUN, count);
});
afterEach(closeAll);

it('notices a connection when there is one', async () => {
  const server = await serve((_request, response) => response.end());
  await (await createSafeFetch(reaching(server))(server.url)).text();
  expect(connections).toBe(1);
});

describe.each(HOSTILE_URLS)('$trick', ({ urls, codes }) => {
  it.each(urls.map((url) => [url]))('%j', async (url) => {
    const lookup = answering('127.0.0.1');
    const safeFetch = createSafeFetch({ schemes: ['https', 'http'], lookup, redirects: 5 });
    const failure = await failureOf(safeFetch(url));
    expect(codes).toContain(failure.split(':', 1)[0]);
    expect([connections, lookup.names]).toEqual([0, []]);
  });

  it('stands in a Request as well', async () => {
    const readable = urls.filter((url) => URL.canParse(url) && !new URL(url).username && !new URL(url).password);
    const lookup = answering('127.0.0.1');
    const safeFetch = createSafeFetch({ schemes: ['https', 'http'], lookup });
    for (const url of readable)
      expect(codes).toContain((await failureOf(safeFetch(new Request(url)))).split(':', 1)[0]);
    expect([connections, lookup.names]).toEqual([0, []]);
  });
});
