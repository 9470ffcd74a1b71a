import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CurrentPrincipal,
  MfaChallenge,
  Public,
  Returns,
  totp,
  TokenService,
  TotpService,
  type Principal,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, TEST_SECRET, type TestApp } from '../app.js';

class StartedView {
  mfaToken!: string;
  expiresIn!: number;
}

class TokenView {
  accessToken!: string;
}

class MeView {
  id!: string;
  roles!: string[];
  amr!: string[];
  authTimeMs!: number;
  plan!: string;
}

@Controller()
class LoginController {
  constructor(
    @Inject(MfaChallenge) private readonly challenge: MfaChallenge,
    @Inject(TokenService) private readonly tokens: TokenService,
  ) {}

  @Post('login')
  @HttpCode(200)
  @Public('tests')
  @Returns(StartedView)
  login() {
    return this.challenge.start({ id: 'alice', roles: ['user'], claims: { plan: 'gold' } });
  }

  @Post('mfa')
  @HttpCode(200)
  @Public('tests')
  @Returns(TokenView)
  async mfa(@Body() { mfa_token, code }: { mfa_token: string; code: string }) {
    return this.tokens.issue(await this.challenge.complete(mfa_token, code));
  }

  @Get('me')
  @Returns(MeView)
  me(@CurrentPrincipal() { id, roles, amr, authTimeMs, claims }: Principal) {
    return { id, roles, amr, authTimeMs, plan: claims.plan };
  }
}

describe.each(PLATFORMS)('a login in two steps on %s', (platform) => {
  let t: TestApp;
  let secret: string;
  let recovery: readonly string[];
  beforeEach(async () => {
    t = await bootApp({
      platform,
      controllers: [LoginController],
      security: { jwt: { secret: TEST_SECRET }, mfa: {} },
    });
    const service = t.app.get(TotpService);
    ({ secret } = await service.enroll('alice'));
    recovery = await service.confirm('alice', code());
    t.clock.advance(60_000);
    t.events.splice(0);
  });
  afterEach(() => t.close());

  const code = (offset = 0): string => totp({ secret, now: t.clock.now() + offset * 30_000 });
  const login = async (): Promise<string> => (await t.send('POST /login')).body.mfaToken as string;
  const complete = (mfa_token: unknown, given: unknown) => t.send('POST /mfa', { body: { mfa_token, code: given } });

  it('ends in a token that tells how and when it was won', async () => {
    const started = await t.send('POST /login');
    expect(started.body).toEqual({ mfaToken: expect.stringMatching(/^mfa_[\w-]{43}$/), expiresIn: 300 });
    t.clock.advance(5_000);
    const done = await complete(started.body.mfaToken, code());
    expect(done.status).toBe(200);
    expect((await t.send('GET /me', { token: done.body.accessToken })).body).toEqual({
      id: 'alice',
      roles: ['user'],
      amr: ['pwd', 'otp'],
      authTimeMs: START_MS + 65_000,
      plan: 'gold',
    });
  });

  it('takes a recovery code in place of the app, once', async () => {
    expect((await complete(await login(), recovery[3])).status).toBe(200);
    expect((await complete(await login(), recovery[3])).status).toBe(401);
  });

  it('takes a token once, of five who come at once', async () => {
    const token = await login();
    const answers = await Promise.all(recovery.slice(0, 5).map((each) => complete(token, each)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(4);
    expect((await complete(token, code())).status).toBe(401);
  });

  it('lets a token expire after five minutes', async () => {
    const token = await login();
    t.clock.advance(299_999);
    expect((await complete(token, '000000')).status).toBe(401);
    expect((await complete(token, code())).status).toBe(200);
    const late = await login();
    t.clock.advance(300_000);
    expect((await complete(late, code())).status).toBe(401);
    expect(t.events.at(-1)).toMatchObject({ kind: 'credential_refused', reason: 'mfa_token_unknown' });
  });

  it('says 400 to what is no code, and does not count it', async () => {
    const token = await login();
    for (const malformed of [
      '',
      '12345',
      'abcdef',
      '1234567',
      123456,
      null,
      ['123456'],
      { a: 1 },
      'x'.repeat(10_000),
    ]) {
      const answer = await complete(token, malformed);
      expect(answer.status, JSON.stringify(malformed)).toBe(400);
      expect(answer.body.errors).toEqual([{ detail: 'code must be six digits or a recovery code', pointer: '#/code' }]);
    }
    expect((await complete(token, code())).status).toBe(200);
  });

  it('says the same 401 to every token that is none, and to a wrong code', async () => {
    const used = await login();
    await complete(used, code());
    t.clock.advance(30_000);
    const access = (await t.app.get(TokenService).issue({ id: 'alice' })).accessToken;
    const answers = [await complete(await login(), '000000')];
    for (const token of [used, access, `mfa_${'a'.repeat(43)}`, '', 'mfa_', null, 7, {}, undefined]) {
      answers.push(await complete(token, code()));
    }
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.status).toBe(401);
  });

  it('ends a token after five wrong codes, with 429 from then on, for the right code too', async () => {
    const token = await login();
    for (let guess = 0; guess < 5; guess++) expect((await complete(token, '000000')).status).toBe(401);
    t.clock.advance(10_000);
    for (const given of ['000000', code()]) {
      const refused = await complete(token, given);
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toBe('290');
    }
    expect(t.events.at(-1)).toMatchObject({ kind: 'rate_limited', stage: 'mfa' });
    expect((await complete(await login(), code())).status).toBe(200);
  });

  it('opens nothing by itself', async () => {
    const token = await login();
    const answer = await t.send('GET /me', { token });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });
});
