/** Somebody has the password and wants to do without the second factor. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MfaChallenge, TokenService, type SecurityError, totp, TotpService } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, type Shop } from '../sample-app/shop.js';

describe.each(PLATFORMS)('a bypass of the second factor on %s', (platform) => {
  let shop: Shop;
  let secret: string;
  let mfa_token: string;
  let oldToken: string;
  const login = async () =>
    shop.send('POST /auth/login', { body: { username: 'alice', password: 'correct-horse-battery-alice' } });
  const finish = (body: unknown) => shop.send('POST /auth/mfa', { body });

  beforeAll(async () => {
    shop = await openShop(platform);
    oldToken = shop.tokens.alice;
    const totpService = shop.app.get(TotpService);
    ({ secret } = await totpService.enroll(IDS.alice));
    await totpService.confirm(IDS.alice, totp({ secret, now: Date.now() }));
    ({ mfa_token } = (await login()).body as { mfa_token: string });
  });
  afterAll(() => shop.close());

  it('fails with the mfa_token in place of an access token, anywhere', async () => {
    for (const line of ['GET /me', 'GET /orders', 'POST /auth/mfa/enroll', 'POST /auth/logout-all']) {
      expect((await shop.send(line, { token: mfa_token })).status, line).toBe(401);
    }
    expect((await shop.send(`GET /me?access_token=${mfa_token}`)).status).toBe(401);
    const body = { refresh_token: mfa_token };
    expect((await shop.send('POST /auth/refresh', { body })).status).toBe(401);
  });

  it('fails with an access or refresh token in place of the mfa_token', async () => {
    const code = totp({ secret, now: Date.now() + 30_000 });
    const { refreshToken } = await shop.app.get(TokenService).issue({ id: IDS.bob });
    for (const token of [oldToken, refreshToken, `mfa_${'A'.repeat(43)}`, 'mfa_', 'null']) {
      const answer = await finish({ mfa_token: token, code });
      // A whole JWT is too long for the field.
      expect([400, 401], token).toContain(answer.status);
    }
  });

  it('fails without a code, with an empty one, and with more than one', async () => {
    for (const code of [undefined, '', null, [], {}, ['000000'], '000000,111111', true]) {
      expect((await finish({ mfa_token, code })).status, JSON.stringify(code)).toBe(400);
    }
    expect((await finish({ code: '000000' })).status).toBe(400);
    expect((await finish({ mfa_token, code: '000000', user_id: IDS.bob })).status).toBe(400);
  });

  it("fails with one's own second factor under somebody else's login", async () => {
    const service = shop.app.get(TotpService);
    const mallory = await service.enroll(IDS.mia);
    const recovery = await service.confirm(IDS.mia, totp({ secret: mallory.secret, now: Date.now() }));
    const code = totp({ secret: mallory.secret, now: Date.now() + 30_000 });
    for (const given of [code, recovery[0]]) {
      expect((await finish({ mfa_token: (await login()).body.mfa_token, code: given })).status).toBe(401);
    }
  });

  it('fails by enrolling anew over a stolen session', async () => {
    const refused = await shop.send('POST /auth/mfa/enroll', { token: oldToken });
    expect(refused.status).toBe(401);
    expect(refused.body.secret).toBeUndefined();
    await expect(shop.app.get(TotpService).enroll(IDS.alice)).rejects.toMatchObject({ status: 403 });
  });

  it('fails by guessing over many logins: the codes of a user are counted, not those of a login', async () => {
    const challenge = shop.app.get(MfaChallenge);
    const seen: unknown[] = [];
    for (let round = 0; round < 5; round++) {
      const started = await challenge.start({ id: IDS.alice });
      for (let guess = 0; guess < 4; guess++) {
        seen.push(
          await challenge.complete(started.mfaToken, '000000').catch((error: unknown) => (error as SecurityError).code),
        );
      }
    }
    expect(seen.at(-1)).toBe('rate_limited');
    expect(seen.filter((code) => code === 'unauthenticated').length).toBeLessThanOrEqual(10);
  });
});
