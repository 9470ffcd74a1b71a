/** A query made to cost more than its length to look through, sent by somebody who has no key at all. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKeyOf } from '../../lib/authentication/api-key/api-key-header.js';
import type { HttpRequest } from '../../lib/core/transport.js';
import { bootKeys, type KeyApp } from '../api-key/app.js';
import { PLATFORMS } from '../app.js';

const asked = (url: string) =>
  ({ url, headers: {}, method: 'GET', raw: { headers: {}, rawHeaders: [] } }) as unknown as HttpRequest;

/** How many times as long a query is looked through that is 16 times as long: 16 where time is linear, 256 where not. */
function growth(piece: string): number {
  const time = (count: number, times: number): number => {
    const request = asked(`/key?${piece.repeat(count)}`);
    const start = process.cpuUsage().user;
    for (let index = 0; index < times; index++) apiKeyOf(request, 'x-api-key');
    return (process.cpuUsage().user - start) / times;
  };
  time(1_000, 200);
  return time(64_000, 20) / Math.max(1, time(4_000, 200));
}

describe('a long query', () => {
  it.each(['?', '&', '=', '?a', '&=', 'bwk'])('of %s is read once', (piece) => {
    expect(growth(piece)).toBeLessThan(100);
  });
});

describe.each(PLATFORMS)('a key in the query on %s', (platform) => {
  let t: KeyApp;
  beforeAll(async () => void (t = await bootKeys({ platform })));
  afterAll(() => t.close());

  it.each(['api_key', 'key', 'x', ''])('is refused as %s, wherever it stands', async (name) => {
    const { key } = await t.issue();
    for (const query of [`?${name}=${key}`, `?a=1&${name}=${key}`, `?${'&'.repeat(2_000)}${name}=${key}`]) {
      t.events.length = 0;
      expect((await t.send(`GET /key${query}`)).status).toBe(401);
      expect(t.events).toMatchObject([{ kind: 'credential_refused', reason: 'api_key_in_query' }]);
    }
  });
});
