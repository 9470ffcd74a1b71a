import { Controller, Inject, Post, Query, Res } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookieOf } from '../../lib/authentication/sessions/refresh-cookie.js';
import {
  Public,
  RefreshCookie,
  Returns,
  secureApp,
  SecurityModule,
  TokenService,
  type HttpResponse,
} from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { bootSessions, REFUSED, type SessionApp } from './app.js';

describe('the cookie header', () => {
  it.each<[header: string | undefined, value: string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['a=1', '1'],
    ['x=0; a=1; y=2', '1'],
    [' a = 1 ;b=2', '1'],
    ['a=1=2', '1=2'],
    ['aa=1; ba=2; a', undefined],
    ['A=1', undefined],
    ['a=', undefined],
    ['a=1; a=1', '1'],
    ['a=1; a=2', undefined],
    ['a=; a=2', undefined],
  ])('%j holds %j', (header, value) => {
    expect(cookieOf(header, 'a')).toBe(value);
  });
});

describe.each(PLATFORMS)('the refresh token of a browser on %s', (platform) => {
  let t: SessionApp;
  beforeAll(async () => {
    t = await bootSessions({
      platform,
      sessions: { cookie: true },
      security: { edge: { origins: ['https://app.example.com'], https: 'off' } },
      prepare: (app) => secureApp(app),
    });
  });
  afterAll(() => t.close());

  const login = () => t.send('POST /auth/login', { body: { username: 'alice', password: 'password of alice' } });
  const refresh = (cookie: string, headers = {}) => t.send('POST /auth/refresh', { headers: { cookie, ...headers } });
  const cookieIn = (headers: Record<string, unknown>) => (headers['set-cookie'] as string[])[0]!.split(';')[0]!;

  it('comes in a cookie that no script and no other site gets at, and not in the body', async () => {
    const { body, headers } = await login();
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-refresh=bwr_[\w-]{66}; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      ),
    ]);
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 });
  });

  it('is rotated by the cookie, and only by it', async () => {
    const cookie = cookieIn((await login()).headers);
    const next = await refresh(cookie);
    expect(next.status).toBe(200);
    expect(next.body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 });
    expect(cookieIn(next.headers)).not.toBe(cookie);
    const token = cookieIn(next.headers).slice('__Host-refresh='.length);
    const byBody = await t.send('POST /auth/refresh', { body: { refresh_token: token } });
    expect(byBody).toMatchObject(REFUSED);
    expect((await refresh(cookieIn(next.headers))).status).toBe(200);
  });

  it('leaves the browser when it is refused, or after a logout', async () => {
    const cleared = ['__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict'];
    const refused = await refresh('__Host-refresh=nonsense');
    expect(refused).toMatchObject(REFUSED);
    expect(refused.headers['set-cookie']).toEqual(cleared);

    const { headers, body } = await login();
    const cookie = cookieIn(headers);
    const gone = await t.send('POST /auth/logout', { headers: { cookie } });
    expect(gone.status).toBe(204);
    expect(gone.headers['set-cookie']).toEqual(cleared);
    expect((await t.send('GET /me', { token: body.access_token })).status).toBe(401);
    expect(await refresh(cookie)).toMatchObject(REFUSED);
  });

  it('logs out with an empty body that is announced as JSON', async () => {
    const headers = { cookie: cookieIn((await login()).headers), 'content-type': 'application/json' };
    expect((await t.send('POST /auth/logout', { headers })).status).toBe(204);
    expect((await t.send('POST /auth/logout', { headers, body: '' })).status).toBe(204);
    expect((await t.send('POST /auth/logout', { headers, body: '{' })).status).toBe(400);
    expect((await t.send('POST /auth/login', { headers })).status).toBe(400);
  });

  it('is not guessed where two cookies of its name differ', async () => {
    const cookie = cookieIn((await login()).headers);
    expect(await refresh(`__Host-refresh=bwr_of-somebody-else; ${cookie}`)).toMatchObject(REFUSED);
    expect((await refresh(`other=1; ${cookie}`)).status).toBe(200);
  });

  it('is of no use to another site', async () => {
    const cookie = cookieIn((await login()).headers);
    const crossSite = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin: 'https://evil.example' };
    expect((await refresh(cookie, crossSite)).status).toBe(403);
    expect((await t.send('POST /auth/logout', { headers: { cookie, ...crossSite } })).status).toBe(403);
    const own = { 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' };
    expect((await refresh(cookie, own)).status).toBe(200);
  });
});

/** Sets cookies of its own before, after and around, in the way of each platform. */
@Controller('own')
class OwnLoginController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(RefreshCookie) private readonly cookie: RefreshCookie,
  ) {}

  @Post('login')
  @Public('a login')
  @Returns(Object)
  async login(@Query('place') place: string, @Res({ passthrough: true }) response: Response) {
    if (place === 'raw') (response.raw ?? response).appendHeader('set-cookie', 'other=1');
    if (place === 'before') other(response);
    const { tokenType } = this.cookie.send(response as HttpResponse, await this.tokens.issue({ id: 'alice' }));
    if (place === 'after') other(response);
    return { tokenType };
  }
}

interface Response extends HttpResponse {
  header(name: string, value: string): unknown;
  append(name: string, value: string): unknown;
  appendHeader(name: string, value: string): unknown;
}

function other(response: Response): void {
  if (response.raw === undefined) response.append('set-cookie', 'other=1');
  else response.header('set-cookie', 'other=1');
}

describe.each(PLATFORMS)('the refresh cookie beside others on %s', (platform) => {
  let t: SessionApp;
  beforeAll(async () => {
    t = await bootSessions({ platform, sessions: { cookie: true }, controllers: [OwnLoginController] });
  });
  afterAll(() => t.close());

  it.each(['before', 'after', 'raw'])('is kept, and so is one that was set %s', async (place) => {
    const { headers } = await t.send(`POST /own/login?place=${place}`);
    const cookies = headers['set-cookie']!;
    expect(cookies).toHaveLength(2);
    expect(cookies).toContain('other=1');
    expect(cookies.filter((cookie) => cookie.startsWith('__Host-refresh=bwr_'))).toHaveLength(1);
  });
});

describe('the options of sessions', () => {
  it.each<[sessions: unknown, complaint: RegExp]>([
    [{ cookie: { name: 'refresh' } }, /security\.sessions\.cookie\.name: "refresh" does not start with __Host-/],
    [{ cookie: { name: '__Host-a b' } }, /cookie\.name/],
    [{ cookie: { nam: 'x' } }, /Did you mean `security\.sessions\.cookie\.name`/],
    [{ cookies: true }, /Did you mean `security\.sessions\.cookie`/],
    [{ reuseGrace: 10_000 }, /reuseGrace: 10000 is not a number from 0 to 60. It is in seconds/],
    [{ idleTtl: 60, absoluteTtl: 59 }, /idleTtl: 60 is over absoluteTtl/],
    [{ idleTtl: 0.5 }, /idleTtl: 0\.5 is not a positive whole number/],
    [{ maxPerUser: 0 }, /maxPerUser/],
    [{ users: class Nobody {} }, /users: function Nobody is no class with subjectOf\(\)/],
    [{ store: { open() {} } }, /store: an object has no find\(\)/],
    [{ revocations: {} }, /revocations: an object has no deny\(\)/],
    [{ controller: 'yes' }, /controller: "yes" is not a boolean/],
    ['on', /security\.sessions: "on" is not an object/],
  ])('refuse %j', (sessions, complaint) => {
    expect(() => SecurityModule.forRoot({ sessions: sessions as object })).toThrow(complaint);
  });
});
