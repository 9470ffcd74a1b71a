import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { totp } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, ORDERS, type Shop } from './shop.js';

const CHALLENGE =
  'Bearer error="insufficient_user_authentication", max_age="300", resource_metadata="http://localhost:3000/.well-known/oauth-protected-resource"';

describe.each(PLATFORMS)('the second factor of the shop on %s', (platform) => {
  let shop: Shop;
  let secret: string;
  let recovery: string[];
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  // The shop runs on the system's clock: a code for the next step is good too, and is not the one used before.
  const code = (offset = 0) => totp({ secret, now: Date.now() + offset * 30_000 });
  const login = () =>
    shop.send('POST /auth/login', { body: { username: 'bob', password: 'correct-horse-battery-bob' } });
  const finish = (mfa_token: string, given: unknown) =>
    shop.send('POST /auth/mfa', { body: { mfa_token, code: given } });
  const checkout = (token: string, total: number) =>
    shop.send('POST /checkout', {
      token,
      headers: { 'idempotency-key': `k-${Math.random()}` },
      body: { order_id: ORDERS.bob, total },
    });

  it('is asked for by nobody who has none, not even for a dear checkout that is then refused', async () => {
    expect((await login()).body.requires_mfa).toBeUndefined();
    const refused = await checkout(shop.tokens.bob, 740);
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
    expect(refused.body).toMatchObject({ amr_values: ['otp'], max_age: 300 });
    expect((await checkout(shop.tokens.bob, 500)).status).toBe(409);
  });

  it('is enrolled by who is logged in, and in force once confirmed', async () => {
    expect((await shop.send('POST /auth/mfa/enroll')).status).toBe(401);
    const enrolled = await shop.as('bob', 'POST /auth/mfa/enroll');
    expect(enrolled.status).toBe(200);
    expect(enrolled.body).toEqual({
      secret: expect.stringMatching(/^[A-Z2-7]{32}$/),
      otpauth_url: expect.stringMatching(/^otpauth:\/\/totp\/.*bob\?/),
      qr_svg: expect.stringMatching(/^<svg /),
    });
    ({ secret } = enrolled.body as { secret: string });
    expect((await login()).body.access_token).toBeDefined();

    for (const malformed of ['12345', 'abcdef', '', 123456, null]) {
      const answer = await shop.as('bob', 'POST /auth/mfa/confirm', { body: { code: malformed } });
      expect(answer.status, String(malformed)).toBe(400);
    }
    expect((await shop.as('bob', 'POST /auth/mfa/confirm', { body: { code: code(-3) } })).status).toBe(401);
    const confirmed = await shop.as('bob', 'POST /auth/mfa/confirm', { body: { code: code() } });
    expect(confirmed.status).toBe(200);
    ({ recovery_codes: recovery } = confirmed.body as { recovery_codes: string[] });
    expect(Object.keys(confirmed.body)).toEqual(['recovery_codes']);
    expect(new Set(recovery).size).toBe(10);
  });

  it('stands between the password and the tokens from then on', async () => {
    const first = await login();
    expect(first.status).toBe(200);
    expect(first.body).toEqual({ requires_mfa: true, mfa_token: expect.stringMatching(/^mfa_/) });
    const { mfa_token } = first.body as { mfa_token: string };
    expect((await finish(mfa_token, '12345')).status).toBe(400);
    const done = await finish(mfa_token, code(1));
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      refresh_token: expect.any(String),
    });
    expect((await shop.send('GET /me', { token: done.body.access_token })).body).toMatchObject({ id: IDS.bob });

    const again = await login();
    expect((await finish(again.body.mfa_token, code(1))).status).toBe(401);
    expect((await finish(again.body.mfa_token, recovery[0])).status).toBe(200);
    expect((await finish((await login()).body.mfa_token, recovery[0])).status).toBe(401);
  });

  it('opens a dear checkout, and lasts over a refresh', async () => {
    const { body } = await finish((await login()).body.mfa_token, recovery[1]);
    const refreshed = await shop.send('POST /auth/refresh', { body: { refresh_token: body.refresh_token } });
    expect(refreshed.status).toBe(200);
    expect(await checkout(refreshed.body.access_token, 740)).toMatchObject({ status: 200, body: { status: 'paid' } });
  });

  it('is replaced by who has just given it only', async () => {
    const refused = await shop.as('bob', 'POST /auth/mfa/enroll');
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, CHALLENGE]);
    const { body } = await finish((await login()).body.mfa_token, recovery[2]);
    expect((await shop.send('POST /auth/mfa/enroll', { token: body.access_token })).status).toBe(200);
  });

  it('is asked for five times per login, then 429', async () => {
    const { mfa_token } = (await login()).body as { mfa_token: string };
    const statuses: number[] = [];
    for (let guess = 0; guess < 6; guess++) statuses.push((await finish(mfa_token, code(-4))).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const refused = await finish(mfa_token, recovery[3]);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(200);
  });
});
