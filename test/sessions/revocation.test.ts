import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { IssueStamps, stampOf } from '../../lib/authentication/jwt/issue-stamp.js';
import {
  MemoryRevocationStore,
  TokenVerifier,
  type Denial,
  type RevocationStore,
  type TokenMarks,
} from '../../lib/index.js';
import { PLATFORMS, START_MS, TEST_SECRET } from '../app.js';
import { tokenFor } from '../tokens.js';
import { bootSessions, REFUSED, type SessionApp } from './app.js';

describe('the order of issue', () => {
  it('is strict though the clock stands still or steps back', () => {
    const stamps = new IssueStamps();
    const seen = [START_MS, START_MS, START_MS - 5000, START_MS + 1].map((nowMs) => stampOf(stamps.nextId(nowMs), 0));
    expect(seen).toEqual([...new Set(seen)].sort());
    for (let index = 0; index < 10_000; index++) {
      const next = stamps.next(START_MS);
      expect(next > seen.at(-1)!).toBe(true);
      seen.push(next);
    }
  });

  it('makes ids that are UUIDs of version 7, with the time in front', () => {
    const id = new IssueStamps().nextId(START_MS);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(START_MS);
  });

  it('counts a foreign token from the beginning of its second, and one without a time as the first of all', () => {
    const own = new IssueStamps().next(START_MS + 1);
    expect(stampOf('some-id', START_MS / 1000) < own).toBe(true);
    expect(stampOf(undefined, START_MS / 1000 + 1) > own).toBe(true);
    expect(stampOf(undefined, 'x')).toBe('');
  });
});

/** Answers as a store on the other side of a wire does, and can be out of reach. */
class RemoteStore implements RevocationStore {
  readonly kept = new MemoryRevocationStore();
  asked = 0;
  isDown = false;
  async deny(denials: readonly Denial[], nowMs: number): Promise<void> {
    if (this.isDown) throw new Error('connection refused');
    this.kept.deny(denials, nowMs);
  }
  async isDenied(token: TokenMarks, nowMs: number): Promise<boolean> {
    this.asked++;
    if (this.isDown) throw new Error('connection refused');
    return this.kept.isDenied(token, nowMs);
  }
}

describe.each(PLATFORMS)('revocation on %s', (platform) => {
  let t: SessionApp;
  afterEach(() => t.close());
  const me = (token: string) => t.send('GET /me', { token });

  it('refuses a token that was verified and remembered before', async () => {
    t = await bootSessions({ platform });
    const { accessToken } = await t.tokens.issue({ id: 'alice' }, { session: false });
    const verifier = t.app.get(TokenVerifier);
    expect((await me(accessToken)).status).toBe(200);
    const principal = verifier.recall(accessToken)!;
    expect(principal.id).toBe('alice');
    await t.tokens.revoke(principal);
    expect(verifier.recall(accessToken)).toBeUndefined();
    t.events.length = 0;
    const refused = await me(accessToken);
    expect(refused).toMatchObject(REFUSED);
    expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(t.events.find(({ kind }) => kind === 'credential_refused')).toMatchObject({
      code: 'invalid_token',
      reason: 'token_revoked',
    });
    await expect(verifier.verify(accessToken)).rejects.toMatchObject({ reason: 'token_revoked' });
  });

  it('refuses every token of a session, and none of another', async () => {
    t = await bootSessions({ platform });
    const first = await t.tokens.issue({ id: 'alice' });
    const second = await t.tokens.refresh(first.refreshToken!);
    const other = await t.tokens.issue({ id: 'alice' });
    expect(decodeJwt(second.accessToken).sid).toBe(first.sessionId);
    await t.tokens.revoke(first.sessionId!);
    expect((await me(first.accessToken)).status).toBe(401);
    expect((await me(second.accessToken)).status).toBe(401);
    expect((await me(other.accessToken)).status).toBe(200);
  });

  it('keeps a denial as long as the token would have been good, and no longer', async () => {
    const revocations = new MemoryRevocationStore();
    t = await bootSessions({ platform, sessions: { revocations } });
    const { accessToken } = await t.tokens.issue({ id: 'alice' });
    const principal = await t.app.get(TokenVerifier).verify(accessToken);
    await t.tokens.revoke(principal);
    expect(revocations.size).toBe(2);
    t.clock.advance(904_999);
    await expect(t.app.get(TokenVerifier).verify(accessToken)).rejects.toMatchObject({ reason: 'token_revoked' });
    t.clock.advance(1);
    await expect(t.app.get(TokenVerifier).verify(accessToken)).rejects.toMatchObject({ reason: 'token_expired' });
    t.clock.advance(6_000);
    const { accessToken: other } = await t.tokens.issue({ id: 'bob' });
    expect((await me(other)).status).toBe(200);
    expect(revocations.size).toBe(0);
  });

  it('refuses what somebody else issued to a subject up to the second of the revocation', async () => {
    t = await bootSessions({ platform });
    const old = await tokenFor('carol');
    const renewed = await tokenFor('carol', { iat: START_MS / 1000 + 1 });
    await t.tokens.revokeAll('carol');
    expect((await me(old)).status).toBe(401);
    expect((await me(renewed)).status).toBe(200);
    await expect(t.tokens.revoke({ id: 'carol', scheme: 'jwt', roles: [], scopes: [], claims: {} })).rejects.toThrow(
      /neither `sessionId` nor `credentialId`/,
    );
  });

  it('works with a store that has to be waited for, and closes when it is out of reach', async () => {
    const revocations = new RemoteStore();
    t = await bootSessions({ platform, sessions: { revocations } });
    const { accessToken } = await t.tokens.issue({ id: 'alice' });
    expect((await me(accessToken)).status).toBe(200);
    expect((await me(accessToken)).status).toBe(200);
    expect(revocations.asked).toBe(2);
    expect(t.app.get(TokenVerifier).recall(accessToken)).toBeUndefined();
    revocations.isDown = true;
    expect(await me(accessToken)).toMatchObject({ status: 503 });
    expect(t.app.get(TokenVerifier).recall(accessToken)).toBeUndefined();
    await expect(t.tokens.revokeAll('alice')).rejects.toMatchObject({ code: 'unavailable' });
    revocations.isDown = false;
    await t.tokens.revokeAll('alice');
    expect((await me(accessToken)).status).toBe(401);
  });

  it('is of one app: another with the same key knows nothing of it', async () => {
    t = await bootSessions({ platform });
    const other = await bootSessions({ platform, security: { jwt: { secret: TEST_SECRET } } });
    try {
      const { accessToken, sessionId } = await t.tokens.issue({ id: 'alice' });
      await t.tokens.revoke(sessionId!);
      expect((await me(accessToken)).status).toBe(401);
      expect((await other.send('GET /me', { token: accessToken })).status).toBe(200);
    } finally {
      await other.close();
    }
  });
});
