/** A refresh token was stolen. Whoever uses it first, the theft comes to light, and neither party keeps anything. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PLATFORMS } from '../app.js';
import { bootSessions, REFUSED, type SessionApp } from '../sessions/app.js';

describe.each(PLATFORMS)('a stolen refresh token on %s', (platform) => {
  let t: SessionApp;
  beforeAll(async () => {
    t = await bootSessions({ platform });
  });
  afterAll(() => t.close());
  beforeEach(() => {
    t.events.length = 0;
  });

  const refresh = (refresh_token: string, agent = 'laptop') =>
    t.send('POST /auth/refresh', { body: { refresh_token }, headers: { 'user-agent': agent } });
  const me = async (token: string) => (await t.send('GET /me', { token })).status;
  const expectDead = async (...pairs: { access_token: string; refresh_token: string }[]) => {
    for (const { access_token, refresh_token } of pairs) {
      expect(await me(access_token)).toBe(401);
      expect(await refresh(refresh_token)).toMatchObject(REFUSED);
    }
  };
  const login = async () => {
    const { accessToken, refreshToken, sessionId } = await t.tokens.issue({ id: 'alice', roles: ['user'] });
    return { access_token: accessToken, refresh_token: refreshToken!, sessionId };
  };

  it('used after its owner rotated it ends the session of both', async () => {
    const first = await login();
    const { body: owner } = await refresh(first.refresh_token);
    t.clock.advance(10_001);
    expect(await refresh(first.refresh_token)).toMatchObject(REFUSED);
    await expectDead(first, owner);
    expect(t.events.filter(({ kind }) => kind === 'refresh_reuse')).toEqual([
      {
        kind: 'refresh_reuse',
        level: 'alert',
        timeMs: t.clock.now(),
        sessionId: first.sessionId,
        subject: {
          route: 'SessionController.refresh',
          method: 'POST',
          path: '/auth/refresh',
          address: '127.0.0.1',
          principal: { id: 'alice', scheme: 'jwt' },
        },
      },
    ]);
    expect(t.events.find(({ kind }) => kind === 'credential_refused')).toMatchObject({
      reason: 'refresh_token_reused',
      subject: { address: '127.0.0.1' },
    });
    expect(JSON.stringify(t.events)).not.toContain('bwr_');
  });

  it('used before its owner ends when the owner comes', async () => {
    const first = await login();
    const { body: thief } = await refresh(first.refresh_token, 'thief');
    expect(await refresh(first.refresh_token)).toMatchObject(REFUSED);
    await expectDead(first, thief);
  });

  it('used within the grace but from another client ends the session', async () => {
    const first = await login();
    const { body: owner } = await refresh(first.refresh_token);
    expect(await refresh(first.refresh_token, 'thief')).toMatchObject(REFUSED);
    await expectDead(first, owner);
  });

  it('of two rotations ago ends the session, within the grace and from the same client too', async () => {
    const first = await login();
    const { body: second } = await refresh(first.refresh_token);
    const { body: third } = await refresh(second.refresh_token);
    expect(await refresh(first.refresh_token)).toMatchObject(REFUSED);
    await expectDead(first, second, third);
  });

  it('is refused with the very bytes that nonsense is refused with', async () => {
    const first = await login();
    await refresh(first.refresh_token);
    const reused = await refresh(first.refresh_token, 'thief');
    const unknown = await refresh(first.refresh_token);
    const nonsense = await refresh('nonsense');
    // How much of a limit is left changes with every call, and so does the time.
    const comparable = ({ status, text, headers }: typeof reused) => ({
      status,
      text,
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => name !== 'date' && !name.startsWith('ratelimit')),
      ),
    });
    expect(comparable(reused)).toEqual(comparable(nonsense));
    expect(comparable(unknown)).toEqual(comparable(nonsense));
  });

  it('cannot be faked to log somebody out: the session id is not enough', async () => {
    const first = await login();
    const faked = `bwr_${first.sessionId}_${'a'.repeat(43)}`;
    expect(await refresh(faked)).toMatchObject(REFUSED);
    expect((await t.send('POST /auth/logout', { body: { refresh_token: faked } })).status).toBe(204);
    expect((await t.send('POST /auth/logout', { body: { refresh_token: first.sessionId } })).status).toBe(204);
    expect(t.events.some(({ kind }) => kind === 'refresh_reuse' || kind === 'session_ended')).toBe(false);
    expect(await me(first.access_token)).toBe(200);
    expect((await refresh(first.refresh_token)).status).toBe(200);
  });
});
