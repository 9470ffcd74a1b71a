import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  callOf,
  LoginDefence,
  MemoryLoginDefenceStore,
  perMinute,
  Public,
  SecurityError,
  SecurityModule,
  type LoginDefenceOptions,
} from '../../lib/index.js';
import type { HttpRequest } from '../../lib/core/transport.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';

@Controller()
class LoginController {
  constructor(@Inject(LoginDefence) private readonly defence: LoginDefence) {}

  @Post('login')
  @HttpCode(200)
  @Public('tests')
  async login(@Body() { username, password }: Record<string, string>, @Req() request: HttpRequest) {
    const call = callOf(request)!;
    const attempt = { account: username!, address: call.address, from: call.subject() };
    const user = await this.defence.attempt(attempt, () => (password === `of-${username}` ? username : undefined));
    if (user === undefined) throw new SecurityError('unauthenticated', { reason: 'login_failed' });
    return undefined;
  }
}

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});

async function boot(loginDefence: LoginDefenceOptions = {}): Promise<LoginDefence> {
  t = await bootApp({ security: { jwt: { secret: TEST_SECRET }, loginDefence } });
  return t!.app.get(LoginDefence);
}

/** The code of the refusal, or what the try came to. */
const tryAs = async (defence: LoginDefence, account: string, address: string, right = false, proof?: unknown) =>
  defence
    .attempt({ account, address, proof }, () => right)
    .catch((error: unknown) => (error instanceof SecurityError ? error.code : Promise.reject(error)));

describe.each(PLATFORMS)('failed logins on %s', (platform) => {
  it('cost five tries, then time, and the right password waits too', async () => {
    t = await bootApp({ platform, controllers: [LoginController] });
    const login = (username: string, password: string) => t!.send('POST /login', { body: { username, password } });
    for (let guess = 0; guess < 5; guess++) expect((await login('alice', 'guess')).status).toBe(401);
    t!.events.splice(0);
    const refused = await login('alice', 'of-alice');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('12');
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.body).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too many requests.',
      status: 429,
      instance: undefined,
    });
    expect(t!.events).toContainEqual(
      expect.objectContaining({
        kind: 'rate_limited',
        stage: 'login',
        reason: 'login_delayed: address',
        subject: expect.objectContaining({ route: 'LoginController.login', address: '127.0.0.1' }),
      }),
    );
    t!.clock.advance(11_999);
    expect((await login('alice', 'of-alice')).status).toBe(429);
    t!.clock.advance(1);
    expect((await login('alice', 'of-alice')).status).toBe(200);
  });

  it('cost nothing when they succeed', async () => {
    t = await bootApp({ platform, controllers: [LoginController] });
    for (let time = 0; time < 30; time++) {
      expect((await t!.send('POST /login', { body: { username: 'alice', password: 'of-alice' } })).status).toBe(200);
    }
  });
});

describe('attempt', () => {
  it('takes undefined, null, false and a thrown 401 for failures, and answers what verify answered', async () => {
    const defence = await boot({ account: perMinute(4), address: perMinute(100) });
    const from = { account: 'alice', address: 'a' };
    expect(await defence.attempt(from, () => undefined)).toBeUndefined();
    expect(await defence.attempt(from, async () => null)).toBeNull();
    expect(await defence.attempt(from, () => false)).toBe(false);
    const unauthenticated = new SecurityError('unauthenticated', { reason: 'x' });
    await expect(defence.attempt(from, () => Promise.reject(unauthenticated))).rejects.toBe(unauthenticated);
    expect(t!.events.filter(({ kind }) => kind === 'credential_refused')).toHaveLength(4);
    await expect(defence.attempt(from, () => ({ id: 'alice' }))).rejects.toMatchObject({
      code: 'rate_limited',
      reason: 'login_delayed: account_from_address',
      headers: { 'Retry-After': '15' },
    });
    expect(await defence.attempt({ ...from, account: 'bob' }, () => ({ id: 'bob' }))).toEqual({ id: 'bob' });
  });

  it('holds a crash against nobody', async () => {
    const defence = await boot();
    const down = new Error('the database is down');
    for (let time = 0; time < 20; time++) {
      await expect(defence.attempt({ account: 'alice', address: 'a' }, () => Promise.reject(down))).rejects.toBe(down);
    }
    expect(t!.events).toEqual([]);
    expect(await tryAs(defence, 'alice', 'a', true)).toBe(true);
  });

  it('does not run verify for who has to wait', async () => {
    const defence = await boot();
    let runs = 0;
    const guess = () => defence.attempt({ account: 'alice', address: 'a' }, () => void runs++);
    await Promise.allSettled(Array.from({ length: 100 }, guess));
    expect(runs).toBe(5);
  });

  it('knows an account in every spelling', async () => {
    const defence = await boot({ address: perMinute(100) });
    for (const account of ['alice', 'ALICE', ' Alice ', 'ａｌｉｃｅ', 'alicE']) {
      expect(await tryAs(defence, account, 'a')).toBe(false);
    }
    expect(await tryAs(defence, 'aLiCe', 'a')).toBe('rate_limited');
  });

  it('refuses where failures cannot be counted', async () => {
    const store = new MemoryLoginDefenceStore();
    store.begin = () => {
      throw new Error('the store is down');
    };
    const defence = await boot({ store });
    await expect(tryAs(defence, 'alice', 'a', true)).rejects.toThrow('the store is down');
  });

  it('forgets the longest untouched when there is no room', async () => {
    const store = new MemoryLoginDefenceStore(30);
    const defence = await boot({ store });
    for (let index = 0; index < 100; index++) await tryAs(defence, `user-${index}`, `address-${index}`);
    expect(store.size).toBe(30);
  });
});

describe('a challenge', () => {
  it('lets people through to an account under attack, and programs not', async () => {
    const asked: unknown[] = [];
    const defence = await boot({
      challenge: (login) => {
        asked.push(login);
        return login.proof === 'person';
      },
    });
    for (let guess = 0; guess < 5; guess++) await tryAs(defence, 'alice', 'attacker');
    expect(await tryAs(defence, 'alice', 'cafe')).toBe(false);
    expect(asked).toEqual([]);
    expect(await tryAs(defence, 'alice', 'cafe', true)).toBe('challenge_required');
    expect(await tryAs(defence, 'alice', 'cafe', true, 'program')).toBe('challenge_required');
    expect(asked.at(-1)).toEqual({
      account: 'alice',
      address: 'cafe',
      obstacle: 'account_under_attack',
      proof: 'program',
    });
    expect(await tryAs(defence, 'alice', 'cafe', true, 'person')).toBe(true);
  });

  it('does not buy more guesses from one address', async () => {
    const defence = await boot({ challenge: () => true });
    for (let guess = 0; guess < 5; guess++) expect(await tryAs(defence, 'alice', 'a')).toBe(false);
    expect(await tryAs(defence, 'alice', 'a')).toBe('rate_limited');
  });

  it('is passed by exactly true', async () => {
    const defence = await boot({ challenge: () => 'yes' as unknown as boolean });
    for (let guess = 0; guess < 5; guess++) await tryAs(defence, 'alice', 'attacker');
    await tryAs(defence, 'alice', 'cafe');
    expect(await tryAs(defence, 'alice', 'cafe', true)).toBe('challenge_required');
  });
});

describe('the loginDefence option', () => {
  it.each<[object, string]>([
    [{ acount: perMinute(5) }, 'Did you mean `security.loginDefence.account`?'],
    [{ account: 5 }, 'security.loginDefence.account'],
    [{ maxDelay: 0 }, 'security.loginDefence.maxDelay: 0 is not a positive finite number'],
    [{ stuffingAccounts: 1.5 }, 'security.loginDefence.stuffingAccounts: 1.5'],
    [{ challenge: true }, 'security.loginDefence.challenge: true is not a function'],
    [{ maxKeys: 0 }, 'security.loginDefence.maxKeys: 0'],
    [{ store: {} }, 'security.loginDefence.store: an object is no store for failed logins'],
  ])('refuses %j', (loginDefence, complaint) => {
    expect(() => SecurityModule.forRoot({ loginDefence })).toThrow(TypeError);
    expect(() => SecurityModule.forRoot({ loginDefence })).toThrow(complaint);
  });
});
