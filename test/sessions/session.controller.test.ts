import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoginController, secureApp, SessionController } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type Sent } from '../app.js';
import { bootSessions, REFUSED, type SessionApp } from './app.js';

const ID = /^[A-Za-z0-9_-]{22}$/;
const REFRESH_TOKEN = /^bwr_[A-Za-z0-9_-]{22}_[A-Za-z0-9_-]{43}$/;

describe.each(PLATFORMS)('the ready controllers on %s', (platform) => {
  let t: SessionApp;
  beforeAll(async () => {
    t = await bootSessions({ platform });
  });
  afterAll(() => t.close());

  const login = (username = 'alice', sent: Sent = {}) =>
    t.send('POST /auth/login', { body: { username, password: `password of ${username}` }, ...sent });
  const refresh = (refresh_token: unknown, sent: Sent = {}) =>
    t.send('POST /auth/refresh', { body: { refresh_token }, ...sent });
  const me = (token: string) => t.send('GET /me', { token });

  it('answers a login with both tokens, and a wrong one with the same 401 for every cause', async () => {
    const good = await login();
    expect(good.status).toBe(200);
    expect(good.body).toEqual({
      access_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(REFRESH_TOKEN),
    });
    expect(good.headers['set-cookie']).toBeUndefined();
    expect((await me(good.body.access_token)).body).toEqual({
      id: 'alice',
      roles: ['user'],
      amr: ['pwd'],
      authTimeMs: START_MS,
    });

    t.events.length = 0;
    const wrong = await t.send('POST /auth/login', { body: { username: 'alice', password: 'x' } });
    const unknown = await t.send('POST /auth/login', { body: { username: 'nobody', password: 'password of nobody' } });
    for (const answer of [wrong, unknown]) {
      expect(answer).toMatchObject(REFUSED);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    expect(wrong.text).toBe(unknown.text);
    expect(t.events.filter(({ kind }) => kind === 'credential_refused')).toMatchObject([
      { stage: 'login', reason: 'login_failed', subject: { address: '127.0.0.1' } },
      { stage: 'login', reason: 'login_failed' },
    ]);
    expect((await t.send('POST /auth/login', { body: { username: 'alice' } })).status).toBe(400);
  });

  it('turns a refresh token into the next pair, once', async () => {
    const { body: first } = await login();
    t.clock.advance(60_000);
    const second = await refresh(first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body).toEqual({
      access_token: expect.stringMatching(/^ey/),
      token_type: 'Bearer',
      expires_in: 900,
      refresh_token: expect.stringMatching(REFRESH_TOKEN),
    });
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    expect((await me(second.body.access_token)).status).toBe(200);
    expect((await refresh(second.body.refresh_token)).status).toBe(200);
  });

  it('keeps the time and the way of the login through every refresh', async () => {
    const issued = await t.tokens.issue({ id: 'alice', roles: ['user'], amr: ['pwd', 'otp'], acr: 'high' });
    const loginMs = t.clock.now();
    t.clock.advance(60_000);
    const { body } = await refresh(issued.refreshToken);
    expect((await me(body.access_token)).body).toMatchObject({ amr: ['pwd', 'otp'], authTimeMs: loginMs });
  });

  it('asks the app who the user is now', async () => {
    const { body: first } = await login('bob');
    t.users.roles.set('bob', ['user', 'moderator']);
    const { body: second } = await refresh(first.refresh_token);
    expect((await me(second.access_token)).body.roles).toEqual(['user', 'moderator']);
    t.users.roles.delete('bob');
    t.events.length = 0;
    expect(await refresh(second.refresh_token)).toMatchObject(REFUSED);
    expect(t.events.find(({ kind }) => kind === 'session_ended')).toMatchObject({
      reason: 'user_gone',
      subject: { principal: { id: 'bob' }, address: '127.0.0.1' },
    });
    expect((await me(second.access_token)).status).toBe(401);
    t.users.roles.set('bob', ['user']);
    expect(await refresh(second.refresh_token)).toMatchObject(REFUSED);
  });

  it('costs nobody the session that the users cannot be reached, however long', async () => {
    const { body: first } = await login();
    t.users.isDown = true;
    expect((await refresh(first.refresh_token)).status).toBe(500);
    t.clock.advance(3_600_000);
    t.users.isDown = false;
    expect((await refresh(first.refresh_token)).status).toBe(200);
  });

  it('logs out: both tokens are refused from then on', async () => {
    const { body } = await login();
    const { body: other } = await login();
    expect((await me(body.access_token)).status).toBe(200);
    const gone = await t.send('POST /auth/logout', { token: body.access_token });
    expect(gone).toMatchObject({ status: 204, text: '' });
    const refused = await me(body.access_token);
    expect(refused).toMatchObject(REFUSED);
    expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(t.events.filter(({ kind }) => kind === 'credential_refused').at(-1)).toMatchObject({
      reason: 'token_revoked',
    });
    expect(await refresh(body.refresh_token)).toMatchObject(REFUSED);
    expect((await me(other.access_token)).status).toBe(200);
    expect((await refresh(other.refresh_token)).status).toBe(200);
  });

  it('logs out by the refresh token alone, and says nothing about one that it does not know', async () => {
    const { body } = await login();
    const logout = (sent: Sent) => t.send('POST /auth/logout', sent);
    expect((await logout({ body: { refresh_token: body.refresh_token } })).status).toBe(204);
    expect((await me(body.access_token)).status).toBe(401);
    expect((await logout({ body: { refresh_token: body.refresh_token } })).status).toBe(204);
    expect((await logout({ body: { refresh_token: 'nonsense' } })).status).toBe(204);
    const nobody = await logout({});
    expect(nobody).toMatchObject(REFUSED);
    expect(nobody.headers['www-authenticate']).toBe('Bearer');
  });

  it('logs out everywhere, and the login right after it is good', async () => {
    const logins = [await login(), await login()].map(({ body }) => body);
    const sessionless = await t.tokens.issue({ id: 'alice' }, { session: false });
    const stranger = await login('bob');
    expect((await t.send('POST /auth/logout-all', { token: logins[0].access_token })).status).toBe(204);
    // The clock stands still: before and after are within one millisecond.
    const after = await login();
    const afterSessionless = await t.tokens.issue({ id: 'alice' }, { session: false });
    for (const { access_token, refresh_token } of logins) {
      expect((await me(access_token)).status).toBe(401);
      expect(await refresh(refresh_token)).toMatchObject(REFUSED);
    }
    expect((await me(sessionless.accessToken)).status).toBe(401);
    expect((await me(after.body.access_token)).status).toBe(200);
    expect((await me(afterSessionless.accessToken)).status).toBe(200);
    expect((await refresh(after.body.refresh_token)).status).toBe(200);
    expect((await me(stranger.body.access_token)).status).toBe(200);
    expect((await t.send('POST /auth/logout-all')).status).toBe(401);
  });

  it('logs out everywhere else', async () => {
    const [here, there] = [await login(), await login()].map(({ body }) => body);
    const sent = { token: here.access_token, body: { keep_current: true } };
    expect((await t.send('POST /auth/logout-all', sent)).status).toBe(204);
    expect((await me(here.access_token)).status).toBe(200);
    expect((await refresh(here.refresh_token)).status).toBe(200);
    expect((await me(there.access_token)).status).toBe(401);
    expect(await refresh(there.refresh_token)).toMatchObject(REFUSED);
  });

  it('lists the logins of the caller, the last used first', async () => {
    await t.tokens.revokeAll('alice');
    const { body: phone } = await login('alice', { headers: { 'user-agent': 'phone/1.0' } });
    t.clock.advance(1000);
    const { body: laptop } = await login('alice', { headers: { 'user-agent': 'laptop/2.0' } });
    await login('bob');
    t.clock.advance(1000);
    await refresh(phone.refresh_token, { headers: { 'user-agent': 'phone/1.1' } });
    const nowMs = t.clock.now();
    const at = (ms: number) => new Date(ms).toISOString();
    const { status, body } = await t.send('GET /auth/sessions', { token: laptop.access_token });
    expect(status).toBe(200);
    expect(body).toEqual([
      {
        id: expect.stringMatching(ID),
        device: 'phone/1.0',
        created_at: at(nowMs - 2000),
        last_used_at: at(nowMs),
        current: false,
      },
      {
        id: expect.stringMatching(ID),
        device: 'laptop/2.0',
        created_at: at(nowMs - 1000),
        last_used_at: at(nowMs - 1000),
        current: true,
      },
    ]);
    expect((await t.send('GET /auth/sessions')).status).toBe(401);
  });

  it('takes input of the right shape only, and keeps the same answer for every bad token', async () => {
    const wellFormed = `bwr_${'a'.repeat(22)}_${'b'.repeat(43)}`;
    const texts = new Set<string>();
    t.events.length = 0;
    const bad = [undefined, null, '', 'x', 'bwr_', wellFormed, `${wellFormed}=`, ` ${wellFormed}`, 'a'.repeat(50_000)];
    for (const token of bad) {
      const answer = await refresh(token);
      expect(answer, String(token)).toMatchObject(REFUSED);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      texts.add(answer.text);
    }
    expect(await t.send('POST /auth/refresh')).toMatchObject(REFUSED);
    expect(texts.size).toBe(1);
    const refusals = t.events.filter((event) => event.kind === 'credential_refused');
    expect(refusals).toHaveLength(bad.length + 1);
    for (const event of refusals) {
      expect(event).toMatchObject({
        stage: 'sessions',
        code: 'invalid_token',
        subject: { address: '127.0.0.1', path: '/auth/refresh' },
        reason: expect.stringMatching(/^refresh_token_(malformed|unknown)$/),
      });
    }
    expect((await refresh(5)).status).toBe(400);
    expect((await refresh([wellFormed])).status).toBe(400);
    expect((await t.send('POST /auth/refresh', { body: { refresh_token: 'x', more: 1 } })).status).toBe(400);
  });

  it('lets a session end when nobody uses it for a week, and after thirty days in any case', async () => {
    const day = 86_400_000;
    const { body: idle } = await login();
    t.clock.advance(7 * day);
    expect(await refresh(idle.refresh_token)).toMatchObject(REFUSED);
    let { body } = await login();
    for (let days = 0; days < 30; days += 6) {
      const next = await refresh(body.refresh_token);
      expect(next.status, `after ${days} days`).toBe(200);
      ({ body } = next);
      t.clock.advance(6 * day);
    }
    expect(await refresh(body.refresh_token)).toMatchObject(REFUSED);
  });

  it('passes the boot audit, and leaves out the login where nobody can verify', async () => {
    const audited = await bootSessions({
      platform,
      security: { bootAudit: 'enforce' },
      prepare: (app) => secureApp(app),
    });
    await audited.close();
    const bare = await bootApp({ platform, security: { sessions: { controller: true } } });
    try {
      expect((await bare.send('POST /auth/login', { body: {} })).status).toBe(404);
      expect((await bare.send('POST /auth/refresh')).status).toBe(401);
    } finally {
      await bare.close();
    }
    const unable = bootApp({ platform, security: { sessions: {} }, controllers: [LoginController] });
    await expect(unable).rejects.toThrow(/security\.sessions\.users has no verify\(\)/);
    const without = bootApp({ platform, controllers: [SessionController] });
    await expect(without).rejects.toThrow(/SessionController: there are no sessions/);
  });

  it('ends the longest unused where somebody has too many', async () => {
    const small = await bootSessions({ platform, sessions: { maxPerUser: 2 } });
    try {
      const issued = [];
      for (let index = 0; index < 3; index++) issued.push(await small.tokens.issue({ id: 'alice', roles: ['user'] }));
      const statuses = issued.map(
        async ({ accessToken }) => (await small.send('GET /me', { token: accessToken })).status,
      );
      expect(await Promise.all(statuses)).toEqual([401, 200, 200]);
      expect(small.events.filter(({ kind }) => kind === 'session_ended')).toMatchObject([{ reason: 'displaced' }]);
    } finally {
      await small.close();
    }
  });
});
