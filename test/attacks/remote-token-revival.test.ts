/** A token of a provider outlives our own tokens. "Log out everywhere" must refuse it until it has expired. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenService } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { namedKey, openKeySite, type KeySite } from '../issuers/key-site.js';
import { ResourceController } from '../oidc/resource-app.js';

const KEY = namedKey('one');
const HOUR_MS = 3_600_000;

describe.each(PLATFORMS)('a token of a provider on %s', (platform) => {
  let site: KeySite;
  let t: TestApp;
  beforeEach(async () => {
    site = await openKeySite(START_MS / 1000);
    site.publish(KEY.jwk);
    t = await bootApp({
      platform,
      controllers: [ResourceController],
      security: { sessions: {}, jwt: { issuers: [site.options({ idPrefix: 'idp' })] } },
    });
  });
  afterEach(() => Promise.all([t.close(), site.close()]));
  const me = async (token: string) => (await t.send('GET /me', { token })).status;

  it('stays refused after log out everywhere until it expires, and others are let in', async () => {
    const token = await site.token(KEY);
    const ofBob = await site.token(KEY, { sub: 'bob' });
    expect(await me(token)).toBe(200);
    await t.app.get(TokenService).revokeAll('idp:alice');
    for (let hours = 0; hours < 24; hours += 4) {
      expect([await me(token), await me(ofBob)]).toEqual([401, 200]);
      t.clock.advance(4 * HOUR_MS);
    }
    t.clock.advance(6_000);
    expect(await me(token)).toBe(401);
  });

  it('is not good for longer than revocations are remembered, whatever it says', async () => {
    const token = await site.token(KEY, { exp: START_MS / 1000 + 30 * 86_400 });
    expect(await me(token)).toBe(200);
    t.clock.advance(24 * HOUR_MS + 6_000);
    expect(await me(token)).toBe(401);
    expect(t.events.findLast(({ kind }) => kind === 'credential_refused')).toMatchObject({ reason: 'token_too_old' });
  });

  it('stays refused by its own id and by its session', async () => {
    const first = await site.token(KEY, { jti: 'a', sid: 's' });
    const second = await site.token(KEY, { jti: 'b', sid: 's' });
    const third = await site.token(KEY, { jti: 'c', sid: 'other' });
    expect([await me(first), await me(second), await me(third)]).toEqual([200, 200, 200]);
    await t.app.get(TokenService).revoke('idp:s');
    t.clock.advance(12 * HOUR_MS);
    expect([await me(first), await me(second), await me(third)]).toEqual([401, 401, 200]);
  });
});
