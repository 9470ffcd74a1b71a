/** A query made to cost more than its length to look through, sent by somebody who has no key at all. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKeyOf } from '../../lib/authentication/api-key/api-key-header.js';
import type { HttpRequest } from '../../lib/core/transport.js';
import { bootKeys, type KeyApp } from '../api-key/app.js';
import { PLATFORMS } from '../app.js';

const asked = (url: string) =>
  ({ url, headers: {}, method: 'GET', raw: { headers: {}, rawHeaders: [] } }) as unknown as HttpRequest;

describe('a long query', () => {
  // Looked through again from each of its letters, a million of them would take hours.
  it.each(['?', '&', '=', '?a', '&=', 'bwk', '%62'])('of %s is read once', (piece) => {
    expect(apiKeyOf(asked(`/key?${piece.repeat(1_000_000)}`), 'x-api-key')).toEqual({ missing: 'no_credential' });
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
