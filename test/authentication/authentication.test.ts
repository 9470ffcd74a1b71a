import { Controller, Get, Head, Req } from '@nestjs/common';
import { ExtractJwt } from 'passport-jwt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../lib/core/transport.js';
import {
  Authenticate,
  AuthenticationStage,
  CurrentPrincipal,
  Public,
  type Principal,
  Returns,
} from '../../lib/index.js';
import { PipelinePlans } from '../../lib/core/pipeline-plans.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { forge, GOOD_CLAIMS, GOOD_HEADER, hmac, NOW_S } from './forge.js';

@Returns(Object)
@Controller()
class MeController {
  @Get('me')
  me(@CurrentPrincipal() caller: Principal, @Req() request: HttpRequest) {
    return { id: caller.id, same: request.user === caller };
  }

  @Public('anybody may look')
  @Get('open')
  open(@CurrentPrincipal() caller: Principal | undefined, @Req() request: HttpRequest) {
    return { id: caller?.id ?? null, user: request.user !== undefined };
  }

  @Authenticate('jwt')
  @Get('named')
  named(@CurrentPrincipal() caller: Principal) {
    return { id: caller.id };
  }
}

@Public()
@Controller('public')
class PublicController {
  @Get('open')
  open() {
    return 'open';
  }

  @Authenticate()
  @Get('closed')
  closed() {
    return 'closed';
  }

  @Head('head')
  head() {}
}

const UNAUTHENTICATED = { type: 'about:blank', title: 'Valid credentials are required.', status: 401 };

describe.each(PLATFORMS)('on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [MeController, PublicController] });
  });
  afterAll(() => t.close());
  beforeEach(() => {
    t.events.length = 0;
  });

  describe('a closed route', () => {
    it('answers whoever brings a good token', async () => {
      const answer = await t.send('GET /me', { token: forge() });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ id: 'alice', same: true });
      expect(answer.headers).not.toHaveProperty('www-authenticate');
      expect(t.events).toMatchObject([
        { kind: 'access_allowed', subject: { principal: { id: 'alice', scheme: 'jwt' } } },
      ]);
    });

    it('refuses whoever brings none, without an error code', async () => {
      const answer = await t.send('GET /me');
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.body).toMatchObject(UNAUTHENTICATED);
      expect(t.events).toMatchObject([
        { kind: 'access_refused', stage: 'authentication', code: 'unauthenticated', reason: 'no_credential' },
      ]);
      expect(t.events[0]!.subject.principal).toBeUndefined();
    });

    const [header, claims] = forge().split('.');
    it.each([
      ['a signature of another key', forge(GOOD_CLAIMS, GOOD_HEADER, hmac('x'.repeat(40))), 'signature_mismatch'],
      ['an expired one', forge({ ...GOOD_CLAIMS, exp: NOW_S - 60 }), 'token_expired'],
      ['one without exp', forge({ sub: 'alice', iat: NOW_S }), 'exp_missing'],
      ['one of another type', forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'refresh+jwt' }), 'type_not_allowed'],
      ['an unsigned one', `${header}.${claims}.`, 'malformed_base64url'],
      ['no token at all', 'abc', 'not_three_parts'],
    ])('refuses %s in the very same words', async (_what, token, reason) => {
      const answer = await t.send('GET /me', { token });
      const { date: _date, ...headers } = answer.headers;
      const other = await t.send('GET /me', { token: 'a.b.c' });
      const { date: _otherDate, ...otherHeaders } = other.headers;
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      expect(answer.body).toMatchObject(UNAUTHENTICATED);
      expect({ headers, text: answer.text }).toEqual({ headers: otherHeaders, text: other.text });
      expect(t.events[0]).toMatchObject({ kind: 'credential_refused', stage: 'authentication', reason });
      expect(JSON.stringify(t.events)).not.toContain(token);
    });

    it.each([
      ['Bearer', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Bearer ', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Bearer a.b.c d.e.f', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Bearer  a.b.c', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Bearer\ta.b.c', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Bearer a.b.c, Bearer d.e.f', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Bearer "a.b.c"', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Bearer: a.b.c', 'malformed_authorization', 'Bearer error="invalid_token"'],
      ['Basic YWxpY2U6cGFzc3dvcmQ=', 'other_scheme', 'Bearer'],
      ['BearerX a.b.c', 'other_scheme', 'Bearer'],
      ['Digest username="alice"', 'other_scheme', 'Bearer'],
      ['DPoP a.b.c', 'other_scheme', 'Bearer'],
      ['JWT a.b.c', 'other_scheme', 'Bearer'],
      ['a.b.c', 'other_scheme', 'Bearer'],
    ])('refuses the header "%s"', async (authorization, reason, challenge) => {
      const answer = await t.send('GET /me', { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe(challenge);
      expect(answer.body).toMatchObject(UNAUTHENTICATED);
      expect(t.events).toMatchObject([{ reason }]);
    });

    it.each(['bearer', 'BEARER', 'bEaReR'])('takes the scheme as "%s"', async (scheme) => {
      const answer = await t.send('GET /me', { headers: { authorization: `${scheme} ${forge()}` } });
      expect(answer.status).toBe(200);
    });

    it('refuses two Authorization headers, whichever is good', async () => {
      for (const authorization of [
        [`Bearer ${forge()}`, 'Bearer a.b.c'],
        [`Bearer ${forge()}`, 'Basic YWxpY2U6cGFzc3dvcmQ='],
      ]) {
        const answer = await t.send('GET /me', { headers: { authorization } });
        expect(answer.status).toBe(400);
        expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_request"');
        expect(t.events.pop()).toMatchObject({ code: 'invalid_request', reason: 'two_authorization_headers' });
      }
    });

    it.each(['HEAD /me', 'GET /me/', 'GET //me', 'GET /%6de', 'GET /ME'])(
      'is not opened by writing %s',
      async (line) => {
        const answer = await t.send(line);
        expect([401, 404]).toContain(answer.status);
        expect(answer.text).not.toContain('alice');
      },
    );
  });

  describe('an open route', () => {
    it('answers nobody in particular', async () => {
      const answer = await t.send('GET /open');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ id: null, user: false });
    });

    it('knows whoever brings a good token', async () => {
      const answer = await t.send('GET /open', { token: forge() });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ id: 'alice', user: true });
    });

    it.each(['a.b.c', forge({ ...GOOD_CLAIMS, exp: NOW_S - 60 })])('refuses a broken token', async (token) => {
      const answer = await t.send('GET /open', { token });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      expect(answer.body).toMatchObject(UNAUTHENTICATED);
    });

    it('does not mind a credential of another kind', async () => {
      const answer = await t.send('GET /open', { headers: { authorization: 'Basic YWxpY2U6cGFzc3dvcmQ=' } });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ id: null, user: false });
    });

    it('is open for a whole class, but for what closes itself', async () => {
      expect((await t.send('GET /public/open')).text).toBe('open');
      expect((await t.send('GET /public/closed')).status).toBe(401);
      expect((await t.send('GET /public/closed', { token: forge() })).text).toBe('closed');
    });
  });

  describe('@Authenticate()', () => {
    it('lets in whoever has a credential of the named scheme', async () => {
      expect((await t.send('GET /named')).status).toBe(401);
      expect((await t.send('GET /named', { token: forge() })).body).toEqual({ id: 'alice' });
    });

    it.each([
      ['jwtt', '@Authenticate() on OddController.odd: "jwtt" is not an authentication scheme. Did you mean "jwt"?'],
      [
        'mutual-tls',
        '@Authenticate() on OddController.odd: "mutual-tls" is not an authentication scheme. Known: jwt, api-key, signature.',
      ],
    ])('stops the boot for a scheme that is not there: %s', async (scheme, message) => {
      @Controller()
      class OddController {
        @Authenticate(scheme)
        @Get('odd')
        odd() {}
      }
      await expect(bootApp({ platform, controllers: [OddController] })).rejects.toThrow(new TypeError(message));
    });

    it('cannot stand beside @Public()', () => {
      expect(() => {
        @Controller()
        class TornController {
          @Public()
          @Authenticate('jwt')
          @Get('torn')
          torn() {}
        }
        return TornController;
      }).toThrow(/TornController\.torn: @Public\(\) stands beside/);
    });
  });

  it('describes what it guarantees', () => {
    const stage = t.app.get(AuthenticationStage);
    const routes = t.app.get(PipelinePlans).routes;
    const describe = (id: string) => stage.describe(routes.find((route) => route.id === id)!);
    expect(describe('MeController.open')).toMatchObject({
      summary: 'Public: anybody may look',
      facts: { public: true, reason: 'anybody may look', schemes: ['jwt'] },
    });
    expect(describe('MeController.me')).toMatchObject({ summary: 'Authentication: jwt', facts: { public: false } });
    expect(describe('MeController.me').answers).toContain('API2:2023');
  });

  it('lets a remembered token pass without a promise, and an absent one be refused without one', async () => {
    const { checks } = t.app.get(PipelinePlans).planFor(MeController, MeController.prototype.me as never);
    const { check } = checks.find(({ stage }) => stage.name === 'authentication')!;
    const callWith = (authorization?: string) =>
      ({ request: { url: '/me', headers: { authorization } } }) as unknown as Parameters<typeof check>[0];
    const token = forge({ ...GOOD_CLAIMS, sub: 'carol' });
    const first = check(callWith(`Bearer ${token}`));
    expect(first).toBeInstanceOf(Promise);
    await first;
    const call = callWith(`Bearer ${token}`);
    expect(check(call)).toBeUndefined();
    expect(call.principal!.id).toBe('carol');
    expect(() => check(callWith())).toThrow('unauthenticated: no_credential');
  });
});

describe.each(PLATFORMS)('with an extractor of passport-jwt, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    const failing = (request: HttpRequest) => {
      if (request.headers['x-fail'] !== undefined) throw new Error('unreadable');
      return ExtractJwt.fromHeader('x-token')(request);
    };
    const jwt = { secret: 'another-secret-of-more-than-32-bytes-for-tests', fromRequest: failing };
    t = await bootApp({ platform, security: { jwt }, controllers: [MeController] });
  });
  afterAll(() => t.close());
  const token = forge(GOOD_CLAIMS, GOOD_HEADER, hmac('another-secret-of-more-than-32-bytes-for-tests'));

  it('takes the token from where the extractor finds it, and from nowhere else', async () => {
    expect((await t.send('GET /me', { headers: { 'x-token': token } })).status).toBe(200);
    expect((await t.send('GET /me', { token })).status).toBe(401);
    expect((await t.send('GET /me', { headers: { 'x-token': `${token}x` } })).status).toBe(401);
  });

  it('answers 401, not 500, where the extractor throws', async () => {
    t.events.length = 0;
    expect((await t.send('GET /me', { headers: { 'x-fail': '1' } })).status).toBe(401);
    expect(t.events).toMatchObject([{ kind: 'credential_refused', reason: 'extractor_failed' }]);
  });
});
