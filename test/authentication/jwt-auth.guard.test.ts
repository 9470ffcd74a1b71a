import {
  Controller,
  Get,
  Injectable,
  Req,
  UseGuards,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import passport from 'passport';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../lib/core/transport.js';
import {
  CurrentPrincipal,
  JwtAuthGuard,
  JwtStrategy,
  Public,
  TokenService,
  type Principal,
  Returns,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, TEST_SECRET, type TestApp } from '../app.js';
import { forge, GOOD_CLAIMS, GOOD_HEADER, hmac, NOW_S } from './forge.js';

const asked: string[] = [];

@Injectable()
class AccountGuard extends JwtAuthGuard {
  override handleRequest<TUser>(error: unknown, user: TUser | false | undefined, info: unknown): TUser {
    asked.push(user ? 'user' : 'nobody');
    const principal = super.handleRequest<Principal>(error, user as unknown as Principal, info);
    return { account: `account of ${principal.id}` } as TUser;
  }
}

@Injectable()
class OptionalGuard extends JwtAuthGuard {
  override handleRequest<TUser>(_error: unknown, user: TUser | false | undefined): TUser {
    return (user || null) as TUser;
  }
}

@Injectable()
class PropertyGuard extends JwtAuthGuard {
  override getAuthenticateOptions(_context: ExecutionContext) {
    return { property: 'account' };
  }
}

@Returns(Object)
@Controller()
class GuardedController {
  @UseGuards(JwtAuthGuard)
  @Get('me')
  me(@CurrentPrincipal() caller: Principal, @Req() request: HttpRequest) {
    return { id: caller.id, same: request.user === caller };
  }

  @Public()
  @UseGuards(JwtAuthGuard)
  @Get('open')
  open(@CurrentPrincipal() caller: Principal | undefined) {
    return { id: caller?.id ?? null };
  }

  @UseGuards(AccountGuard)
  @Get('account')
  account(@Req() request: HttpRequest) {
    return request.user;
  }

  @UseGuards(OptionalGuard)
  @Get('optional')
  optional(@Req() request: HttpRequest) {
    return { user: request.user };
  }

  @UseGuards(PropertyGuard)
  @Get('property')
  property(@Req() request: HttpRequest & { account?: Principal }) {
    return { id: request.account?.id };
  }

  @Get('unguarded')
  unguarded() {
    return 'unguarded';
  }
}

describe.each(PLATFORMS)('JwtAuthGuard by itself, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      security: { globalGuards: false },
      // An app that used passport before: its default strategy must not become ours.
      imports: [PassportModule.register({ defaultStrategy: 'jwt' })],
      controllers: [GuardedController],
    });
  });
  afterAll(() => t.close());
  beforeEach(() => {
    t.events.length = 0;
    asked.length = 0;
  });

  it('lets a good token pass', async () => {
    const answer = await t.send('GET /me', { token: forge() });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id: 'alice', same: true });
    expect(t.events).toEqual([]);
  });

  it.each([
    [undefined, 'Bearer', 'access_refused', 'no_credential'],
    ['a.b.c', 'Bearer error="invalid_token"', 'credential_refused', 'malformed_base64url'],
    [forge({ ...GOOD_CLAIMS, exp: NOW_S - 60 }), 'Bearer error="invalid_token"', 'credential_refused', 'token_expired'],
  ])('refuses as the pipeline does, and records it once: %s', async (token, challenge, kind, reason) => {
    const answer = await t.send('GET /me', token === undefined ? {} : { token });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(challenge);
    expect(answer.body).toMatchObject({ type: 'about:blank', title: 'Valid credentials are required.', status: 401 });
    expect(t.events).toMatchObject([{ kind, stage: 'authentication', reason }]);
  });

  it('answers 400 for a token in two places', async () => {
    const token = forge();
    const answer = await t.send(`GET /me?access_token=${token}`, { token });
    expect(answer.status).toBe(400);
  });

  it('lets anybody into an open route, and knows who brings a token', async () => {
    expect((await t.send('GET /open')).body).toEqual({ id: null });
    expect((await t.send('GET /open', { token: forge() })).body).toEqual({ id: 'alice' });
    expect((await t.send('GET /open', { token: 'a.b.c' })).status).toBe(401);
  });

  it('can be extended to answer another user', async () => {
    expect((await t.send('GET /account', { token: forge() })).body).toEqual({ account: 'account of alice' });
    const refused = await t.send('GET /account');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(asked).toEqual(['user', 'nobody']);
  });

  it('can be extended to let anybody in', async () => {
    expect((await t.send('GET /optional')).body).toEqual({ user: null });
    expect((await t.send('GET /optional', { token: forge() })).body).toMatchObject({ user: { id: 'alice' } });
  });

  it("keeps AuthGuard's options", async () => {
    expect((await t.send('GET /property', { token: forge() })).body).toEqual({ id: 'alice' });
  });

  it('leaves the rest alone, as the app chose', async () => {
    expect((await t.send('GET /unguarded')).text).toBe('unguarded');
  });
});

describe.each(PLATFORMS)('JwtAuthGuard behind the pipeline, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [GuardedController] });
  });
  afterAll(() => t.close());

  it('has nothing left to do, and records nothing twice', async () => {
    t.events.length = 0;
    expect((await t.send('GET /me', { token: forge() })).body).toEqual({ id: 'alice', same: true });
    expect(t.events.map(({ kind }) => kind)).toEqual(['access_allowed']);
    t.events.length = 0;
    expect((await t.send('GET /me')).status).toBe(401);
    expect(t.events.map(({ kind }) => kind)).toEqual(['access_refused']);
  });

  it('cannot be opened by a guard that lets anybody in', async () => {
    expect((await t.send('GET /optional')).status).toBe(401);
  });
});

it.each(PLATFORMS)('works as a global guard of the app itself, on %s', async (platform) => {
  const t = await bootApp({
    platform,
    security: { globalGuards: false },
    controllers: [GuardedController],
    prepare: (app: INestApplication) => app.useGlobalGuards(app.get(JwtAuthGuard)),
  });
  try {
    expect((await t.send('GET /unguarded')).status).toBe(401);
    expect((await t.send('GET /unguarded', { token: forge() })).text).toBe('unguarded');
    t.events.length = 0;
    expect((await t.send('GET /me', { token: forge() })).status).toBe(200);
    expect((await t.send('GET /me')).status).toBe(401);
    expect(t.events.filter(({ kind }) => kind === 'access_refused')).toHaveLength(1);
  } finally {
    await t.close();
  }
});

describe('two apps in one process', () => {
  const secrets = [TEST_SECRET, 'the-other-app-has-a-secret-of-its-own-here'] as const;
  let apps: TestApp[];
  beforeAll(async () => {
    apps = [];
    for (const secret of secrets) {
      for (const globalGuards of [true, false]) {
        apps.push(await bootApp({ security: { globalGuards, jwt: { secret } }, controllers: [GuardedController] }));
      }
    }
  });
  afterAll(() => Promise.all(apps.map((t) => t.close())));

  it('each accept their own tokens and refuse the other ones', async () => {
    for (const [index, t] of apps.entries()) {
      for (const [owner, secret] of secrets.entries()) {
        const token = forge(GOOD_CLAIMS, GOOD_HEADER, hmac(secret));
        const own = Math.floor(index / 2) === owner;
        expect((await t.send('GET /me', { token })).status, `app ${index}, secret ${owner}`).toBe(own ? 200 : 401);
      }
      const { accessToken } = await t.app.get(TokenService).issue({ id: 'bob' });
      expect((await t.send('GET /me', { token: accessToken })).body).toMatchObject({ id: 'bob' });
    }
  });

  it('have strategies of their own, none of them named as others are', () => {
    const names = apps.map((t) => t.app.get(JwtStrategy).name);
    expect(new Set(names).size).toBe(apps.length);
    expect(names).not.toContain('jwt');
    expect(registered()).toEqual(expect.arrayContaining(names));
    expect(registered()).not.toContain('jwt');
  });

  it('take their strategy with them when they close', async () => {
    const t = await bootApp();
    const { name } = t.app.get(JwtStrategy);
    expect(registered()).toContain(name);
    await t.close();
    expect(registered()).not.toContain(name);
  });
});

function registered(): string[] {
  return Object.keys((passport as unknown as { _strategies: object })._strategies);
}
