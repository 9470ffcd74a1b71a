/** A thief logs in with the old password at the very moment its owner changes it and logs out everywhere. */

import { Injectable } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  MemorySessionStore,
  PasswordService,
  totp,
  TotpService,
  TokenService,
  type SessionsOptions,
  type StoredSession,
  type TokenSubject,
} from '../../lib/index.js';
import { UserRepository } from '../../sample-app/users/user.repository.js';
import { PLATFORMS } from '../app.js';
import { IDS, openShop, type Shop } from '../sample-app/shop.js';
import { bootSessions, REFUSED, Users, type SessionApp } from '../sessions/app.js';

/** Runs once, while a password is looked at. */
let meanwhile: () => Promise<unknown> = async () => undefined;

@Injectable()
class SlowUsers extends Users {
  override verify(username: string, password: string): TokenSubject | undefined {
    const found = super.verify(username, password);
    // A promise, as the contract allows.
    return meanwhile().then(() => found) as unknown as TokenSubject | undefined;
  }
}

/** Stands still just before a session is opened, as one behind a wire may. */
class SlowSessions extends MemorySessionStore {
  before: () => Promise<unknown> = async () => undefined;
  override open(session: StoredSession, limit: number, nowMs: number): never {
    return this.before().then(() => super.open(session, limit, nowMs)) as never;
  }
}

describe.each(PLATFORMS)('a login that is overtaken on %s', (platform) => {
  let t: SessionApp;
  afterEach(async () => {
    meanwhile = async () => undefined;
    await t.close();
  });
  const boot = async (sessions: SessionsOptions = {}, jwt = {}) => {
    const security = { jwt: { secret: 'a-secret-of-more-than-32-bytes-for-tests-only', ...jwt } };
    t = await bootSessions({ platform, security, sessions: { users: SlowUsers, ...sessions }, providers: [SlowUsers] });
  };
  const login = () => t.send('POST /auth/login', { body: { username: 'alice', password: 'password of alice' } });

  it('by log out everywhere is refused like a wrong password, and leaves no session', async () => {
    await boot();
    meanwhile = () => t.tokens.revokeAll('alice');
    const refused = await login();
    expect(refused).toMatchObject(REFUSED);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(t.events.filter(({ kind }) => kind === 'credential_refused')).toMatchObject([
      { reason: 'login_overtaken', stage: 'sessions', subject: { address: '127.0.0.1', principal: { id: 'alice' } } },
    ]);
    expect(await t.tokens.sessions('alice')).toEqual([]);
    meanwhile = () => t.tokens.revokeAll('bob');
    expect((await login()).status).toBe(200);
  });

  it('is refused by a log out everywhere else, and displaces nobody', async () => {
    await boot({ maxPerUser: 1 });
    const { sessionId, accessToken } = await t.tokens.issue({ id: 'alice' });
    meanwhile = () => t.tokens.revokeAll('alice', { except: sessionId! });
    expect(await login()).toMatchObject(REFUSED);
    expect((await t.send('GET /me', { token: accessToken })).status).toBe(200);
  });

  it('just before its session opens is refused, and the session ends', async () => {
    const store = new SlowSessions();
    await boot({ store });
    store.before = () => t.tokens.revokeAll('alice');
    expect(await login()).toMatchObject(REFUSED);
    expect(await t.tokens.sessions('alice')).toEqual([]);
    expect(t.events.find(({ kind }) => kind === 'session_ended')).toMatchObject({ reason: 'revoked_all' });
  });

  it('is refused however long it takes, and however soon access tokens expire', async () => {
    await boot({}, { accessTokenTtl: 1 });
    const provedAt = t.tokens.stamp();
    await t.tokens.revokeAll('alice');
    for (const minutes of [15, 30]) {
      t.clock.advance(minutes * 60_000);
      const issued = t.tokens.issue({ id: 'alice', provedAt }, { session: false });
      await expect(issued).rejects.toMatchObject({ code: 'unauthenticated', reason: 'login_overtaken' });
    }
    for (const wrong of ['', 'x', String(t.clock.now())]) {
      await expect(t.tokens.issue({ id: 'bob', provedAt: wrong })).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('has a token that a later log out everywhere refuses too', async () => {
    await boot();
    const provedAt = t.tokens.stamp();
    const { accessToken } = await t.tokens.issue({ id: 'alice', provedAt }, { session: false });
    expect((await t.send('GET /me', { token: accessToken })).status).toBe(200);
    await t.tokens.revokeAll('alice');
    expect(await t.send('GET /me', { token: accessToken })).toMatchObject(REFUSED);
    expect((await login()).status).toBe(200);
  });
});

describe.each(PLATFORMS)('a login to the shop that is overtaken on %s', (platform) => {
  let shop: Shop;
  let users: UserRepository;
  let passwords: PasswordService;
  beforeEach(async () => {
    shop = await openShop(platform);
    users = shop.app.get(UserRepository, { strict: false });
    passwords = shop.app.get(PasswordService, { strict: false });
  });
  afterEach(() => shop.close());

  const login = (password = 'correct-horse-battery-bob') =>
    shop.send('POST /auth/login', { body: { username: 'bob', password } });

  /** Something happens after the password proved right, before anything is made of it. */
  const whileVerifying = (happens: () => unknown) => {
    const verify = passwords.verify.bind(passwords);
    passwords.verify = async (hash, password) => {
      const isRight = await verify(hash, password);
      await happens();
      return isRight;
    };
  };

  it('by the removal of its user is refused', async () => {
    whileVerifying(() => users.remove(IDS.bob));
    expect((await login()).status).toBe(401);
  });

  it('by a password change is refused, with no logout at all', async () => {
    const changed = await passwords.hash('another-long-password-of-bob');
    const bob = (await users.find(IDS.bob))!;
    whileVerifying(() => (bob.passwordHash = changed));
    expect((await login()).status).toBe(401);
    expect((await login('another-long-password-of-bob')).status).toBe(200);
  });

  it('by log out everywhere is refused', async () => {
    let times = 0;
    whileVerifying(() => times++ === 0 && shop.app.get(TokenService, { strict: false }).revokeAll(IDS.bob));
    expect((await login()).status).toBe(401);
    expect((await login()).status).toBe(200);
  });

  it('by log out everywhere before its second factor is refused', async () => {
    const factors = shop.app.get(TotpService, { strict: false });
    const { secret } = await factors.enroll(IDS.bob, { account: 'bob' });
    const code = (steps: number) => totp({ secret, now: Date.now() + steps * 30_000 });
    await factors.confirm(IDS.bob, code(0));
    const { mfa_token } = (await login()).body;
    await shop.app.get(TokenService, { strict: false }).revokeAll(IDS.bob);
    expect((await shop.send('POST /auth/mfa', { body: { mfa_token, code: code(1) } })).status).toBe(401);
    const [recovery] = await factors.recoveryCodes(IDS.bob);
    const again = { mfa_token: (await login()).body.mfa_token, code: recovery };
    expect((await shop.send('POST /auth/mfa', { body: again })).status).toBe(200);
  });

  it('does not undo a password change by raising the cost of the old hash', async () => {
    const { hash: argonHash } = await import('@node-rs/argon2');
    const bob = (await users.find(IDS.bob))!;
    bob.passwordHash = await argonHash('correct-horse-battery-bob', { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    const weak = bob.passwordHash;
    const changed = await passwords.hash('another-long-password-of-bob');
    whileVerifying(() => (bob.passwordHash = changed));
    expect((await login()).status).toBe(401);
    expect(bob.passwordHash).toBe(changed);
    Reflect.deleteProperty(passwords, 'verify');
    bob.passwordHash = weak;
    expect((await login()).status).toBe(200);
    expect(bob.passwordHash).not.toBe(weak);
  });
});
