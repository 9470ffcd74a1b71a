/** Somebody wants to know who has an account here. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS, type Answer } from '../app.js';
import { openShop, type Shop } from '../sample-app/shop.js';

describe.each(PLATFORMS)('asking the login who exists, on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  it('learns nothing from the answers: not from the first, and not from the one that says to wait', async () => {
    // Each from an address of its own, so that one does not use up the tries of the other.
    const login = (username: string, from: string) =>
      shop.send('POST /auth/login', { from, body: { username, password: 'correct-horse-battery-wrong' } });
    const answers: Record<'known' | 'unknown', Answer[]> = { known: [], unknown: [] };
    for (let guess = 0; guess < 6; guess++) {
      answers.known.push(await login('alice', '127.0.9.1'));
      answers.unknown.push(await login('nobody', '127.0.9.2'));
    }
    const bare = (list: typeof answers.known) =>
      list.map(({ status, text, headers }) => {
        const { date: _date, 'retry-after': _wait, ratelimit: _left, etag: _etag, ...rest } = headers;
        return { status, text, headers: rest };
      });
    expect(bare(answers.unknown)).toEqual(bare(answers.known));
    expect(answers.known.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429]);
    expect(answers.known[0]!.headers['content-type']).toMatch(/^application\/problem\+json/);
  });
});
