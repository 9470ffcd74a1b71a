/** Somebody has the password and guesses six digits, so that the owner's recovery codes are refused too. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { totp, TotpService } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, type Shop } from '../sample-app/shop.js';

describe.each(PLATFORMS)('locking out the recovery codes of somebody on %s', (platform) => {
  let shop: Shop;
  let secret: string;
  let recovery: readonly string[];
  beforeAll(async () => {
    shop = await openShop(platform);
    const service = shop.app.get(TotpService);
    ({ secret } = await service.enroll(IDS.bob));
    recovery = await service.confirm(IDS.bob, totp({ secret, now: Date.now() }));
  });
  afterAll(() => shop.close());

  const finish = async (code: string, from: string, times = 1) => {
    const body = { username: 'bob', password: 'correct-horse-battery-bob' };
    const { mfa_token } = (await shop.send('POST /auth/login', { body, from })).body;
    const statuses: number[] = [];
    for (let time = 0; time < times; time++) {
      statuses.push((await shop.send('POST /auth/mfa', { body: { mfa_token, code }, from })).status);
    }
    return statuses;
  };

  it('fails: six digits are refused to everybody by then, and a recovery code is not', async () => {
    const wrong = totp({ secret, now: Date.now() - 3_600_000 });
    for (const from of ['127.0.8.1', '127.0.8.2']) await finish(wrong, from, 5);
    expect(await finish(totp({ secret, now: Date.now() + 30_000 }), '127.0.8.3')).toEqual([429]);
    expect(await finish(recovery[0]!, '127.0.8.3')).toEqual([200]);
  });

  it('leaves five tries a login for recovery codes as well, and no second use of one', async () => {
    expect(await finish(recovery[0]!, '127.0.8.4', 6)).toEqual([401, 401, 401, 401, 401, 429]);
  });
});
