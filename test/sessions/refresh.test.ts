import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemorySessionStore, TokenService, type RotationClaim } from '../../lib/index.js';
import { bootApp, PLATFORMS } from '../app.js';
import { bootSessions, REFUSED, type SessionApp } from './app.js';

/** Counts what really rotated. */
class CountingStore extends MemorySessionStore {
  rotations = 0;
  override rotate(claim: RotationClaim) {
    const outcome = super.rotate(claim);
    if (outcome.outcome === 'rotated') this.rotations++;
    return outcome;
  }
}

describe.each(PLATFORMS)('one refresh token on %s', (platform) => {
  const store = new CountingStore();
  let t: SessionApp;
  beforeAll(async () => {
    t = await bootSessions({ platform, sessions: { store } });
  });
  afterAll(() => t.close());

  const refresh = (refresh_token: string, agent = 'laptop') =>
    t.send('POST /auth/refresh', { body: { refresh_token }, headers: { 'user-agent': agent } });
  const issue = async () => (await t.tokens.issue({ id: 'alice', roles: ['user'] })).refreshToken!;

  it('presented two hundred times at once rotates once, and everybody gets the same successor', async () => {
    const token = await issue();
    store.rotations = 0;
    const answers = await Promise.all(Array.from({ length: 200 }, () => refresh(token)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(store.rotations).toBe(1);
    const successors = new Set(answers.map(({ body }) => body.refresh_token as string));
    expect(successors.size).toBe(1);
    const checks = answers.map(async ({ body }) => (await t.send('GET /me', { token: body.access_token })).status);
    expect(new Set(await Promise.all(checks))).toEqual(new Set([200]));
    expect((await refresh([...successors][0]!)).status).toBe(200);
  });

  it('whose answer was lost gets the same successor again, until the grace is over', async () => {
    const token = await issue();
    const lost = await refresh(token);
    t.clock.advance(10_000);
    const again = await refresh(token);
    expect(again).toMatchObject({ status: 200, body: { refresh_token: lost.body.refresh_token } });
    expect((await refresh(lost.body.refresh_token)).status).toBe(200);
  });

  it('survives that the process dies between claim and answer', async () => {
    const token = await issue();
    // Another process on the same store claims, and is gone before it answers.
    const other = await bootSessions({ platform, sessions: { store } });
    const lost = await other.tokens.refresh(token, { fingerprint: 'laptop' });
    await other.close();
    const again = await t.tokens.refresh(token, { fingerprint: 'laptop' });
    expect(again.refreshToken).toBe(lost.refreshToken);
    expect((await refresh(again.refreshToken!)).status).toBe(200);
  });

  it('is never kept in a form that could be used', async () => {
    const tokens = [await issue()];
    for (let index = 0; index < 3; index++) tokens.push((await refresh(tokens.at(-1)!)).body.refresh_token);
    const session = store.find((await t.tokens.sessions('alice'))[0]!.id, t.clock.now());
    const kept = JSON.stringify(session);
    for (const token of tokens) {
      expect(kept).not.toContain(token);
      expect(kept).not.toContain(token.slice(-43));
      expect(kept).not.toContain(token.slice(4, 26));
    }
    expect(JSON.stringify(t.events)).not.toContain('bwr_');
    expect(await refresh(session!.previous!.sealedNext)).toMatchObject(REFUSED);
    expect(await refresh(session!.currentDigest)).toMatchObject(REFUSED);
  });
});

describe('without sessions', () => {
  it('nobody gets a refresh token, and asking for one is a mistake of the app', async () => {
    const t = await bootApp();
    try {
      const tokens = t.app.get(TokenService);
      expect(Object.keys(await tokens.issue({ id: 'alice' }))).toEqual([
        'accessToken',
        'tokenType',
        'expiresIn',
        'expiresAtMs',
      ]);
      await expect(tokens.issue({ id: 'alice' }, { session: true })).rejects.toThrow(/Set `security\.sessions`/);
      await expect(tokens.refresh('x')).rejects.toThrow(TypeError);
    } finally {
      await t.close();
    }
  });
});

describe('without `users`', () => {
  it('a session keeps who somebody was at the login', async () => {
    const t = await bootApp({ security: { sessions: {} } });
    try {
      const tokens = t.app.get(TokenService);
      const subject = { id: 'alice', roles: ['user'], scopes: ['a:b'], tier: 'gold', claims: { tenant: 't1', exp: 1 } };
      const { refreshToken } = await tokens.issue(subject);
      const { accessToken } = await tokens.refresh(refreshToken!);
      const claims = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as object;
      expect(claims).toMatchObject({ sub: 'alice', roles: ['user'], scope: 'a:b', tier: 'gold', tenant: 't1' });
    } finally {
      await t.close();
    }
  });
});

describe('the subject of a session', () => {
  it('must be who the session is of', async () => {
    const t = await bootSessions();
    try {
      const { refreshToken } = await t.tokens.issue({ id: 'alice' });
      t.users.subjectOf = () => ({ id: 'bob', roles: ['admin'] });
      await expect(t.tokens.refresh(refreshToken!)).rejects.toThrow(/another user/);
    } finally {
      await t.close();
    }
  });

  it('in a session already gets one more access token of it, and no other session', async () => {
    const t = await bootSessions();
    try {
      const first = await t.tokens.issue({ id: 'alice' });
      const more = await t.tokens.issue({ id: 'alice', sessionId: first.sessionId });
      expect(more.refreshToken).toBeUndefined();
      expect(await t.tokens.sessions('alice')).toHaveLength(1);
      await t.tokens.revoke(first.sessionId!);
      for (const { accessToken } of [first, more]) {
        expect((await t.send('GET /me', { token: accessToken })).status).toBe(401);
      }
    } finally {
      await t.close();
    }
  });
});
