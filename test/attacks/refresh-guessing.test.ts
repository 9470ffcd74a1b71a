/** Somebody tries refresh tokens, or tries to use one for what it is not. */

import { afterEach, describe, expect, it } from 'vitest';
import { perMinute } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { bootSessions, REFUSED, type SessionApp } from '../sessions/app.js';

describe.each(PLATFORMS)('refresh tokens on %s', (platform) => {
  let t: SessionApp;
  afterEach(() => t.close());

  it('cost the address that tries them, until it has to wait', async () => {
    t = await bootSessions({ platform, security: { throttling: { address: perMinute(5) } } });
    const statuses: number[] = [];
    for (let tries = 0; tries < 8; tries++) {
      const refresh_token = `bwr_${'a'.repeat(22)}_${String(tries).repeat(43)}`;
      statuses.push((await t.send('POST /auth/refresh', { body: { refresh_token } })).status);
    }
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });

  it('open nothing but the refresh, and access tokens do not refresh', async () => {
    t = await bootSessions({ platform });
    const { accessToken, refreshToken } = await t.tokens.issue({ id: 'alice' });
    expect((await t.send('GET /me', { token: refreshToken! })).status).toBe(401);
    const swapped = await t.send('POST /auth/refresh', { body: { refresh_token: accessToken } });
    expect(swapped).toMatchObject(REFUSED);
    expect((await t.send(`POST /auth/refresh?refresh_token=${refreshToken}`)).status).toBe(401);
    expect((await t.send('POST /auth/refresh', { body: { refresh_token: refreshToken } })).status).toBe(200);
  });
});
