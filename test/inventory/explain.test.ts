import { Controller, Get, Injectable, UseGuards } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Authenticate,
  createPrincipal,
  Deprecated,
  Deprecations,
  JwtAuthGuard,
  OwnedBy,
  Policies,
  Public,
  Returns,
  Roles,
  RouteExplainer,
  Scopes,
  StepUp,
  TokenService,
  type Call,
  type Ownership,
  type SecurityStage,
} from '../../lib/index.js';
import { bootApp, START_MS, type TestApp, type TestAppInit } from '../app.js';
import { tokenFor } from '../tokens.js';

let t: TestApp | undefined;
const boot = async (init: TestAppInit = {}): Promise<TestApp> => (t = await bootApp(init));
afterEach(async () => {
  await t?.close();
  t = undefined;
  vi.unstubAllEnvs();
});

let asked = 0;

@Injectable()
class OrderOwnership implements Ownership<object> {
  load() {
    asked++;
    return {};
  }
  ownerOf() {
    return 'alice';
  }
}

const isAdult = () => {
  asked++;
  return true;
};

@Controller()
class ShopController {
  @Get('hello')
  @Public('greets everybody')
  @Returns(String)
  hello() {
    return '';
  }
  @Get('users')
  @Roles('moderator')
  @Returns(String)
  users() {
    return '';
  }
  @Get('orders/:id')
  @Roles('user')
  @Policies(isAdult)
  @OwnedBy(OrderOwnership)
  @Returns(String)
  order() {
    return '';
  }
  @Get('reports')
  @Authenticate('api-key')
  @Scopes('reports:read')
  @Returns(String)
  reports() {
    return '';
  }
  @Get('pay')
  @StepUp({ maxAge: 300, amr: ['otp'] })
  @Returns(String)
  pay() {
    return '';
  }
  @Get('old')
  @Deprecated({ since: '2025-01-01', sunset: '2026-01-02', successor: '/users' })
  @Returns(String)
  old() {
    return '';
  }
}

const init: TestAppInit = {
  controllers: [ShopController],
  providers: [OrderOwnership],
  security: { roles: { hierarchy: { admin: ['moderator'], moderator: ['user'], user: [] } } },
};

const alice = createPrincipal({ id: 'alice', scheme: 'jwt', roles: ['user'] });
const ada = createPrincipal({ id: 'ada', scheme: 'jwt', roles: ['admin'] });

describe('the explanation of a call', () => {
  it('goes through the stages in order, and stops where the call would be refused', async () => {
    const { app } = await boot(init);
    const { text, outcome, steps } = app.get(RouteExplainer).explain('GET /users', alice);
    expect(outcome).toBe('refuses');
    expect(steps.map(({ stage }) => stage)).toEqual(['address-gate', 'authentication', 'throttling', 'roles']);
    expect(steps.at(-1)).toEqual({
      stage: 'roles',
      outcome: 'refuses',
      status: 403,
      words: 'role_missing: needs moderator: refused 403 here, alice has user',
    });
    expect(text.split('\n')).toEqual([
      'GET /users (ShopController.users), called by alice (jwt; roles: user):',
      expect.stringMatching(/^1\. address-gate: depends on what else came from the address\. /),
      '2. authentication: passes by jwt',
      expect.stringMatching(/^3\. throttling: depends on how often they have called\. Rate limits: /),
      '4. roles: role_missing: needs moderator: refused 403 here, alice has user',
      'The handler does not run.',
    ]);
  });

  it('knows the hierarchy of roles, for it runs the check that guards run', async () => {
    const { app } = await boot(init);
    const { steps, outcome } = app.get(RouteExplainer).explain('ShopController.users', ada);
    expect(steps.at(-1)).toEqual({ stage: 'roles', outcome: 'passes', words: 'passes. Roles: moderator' });
    expect(outcome).toBe('depends');
  });

  it('agrees with what really happens', async () => {
    const { app, send } = await boot(init);
    for (const [id, roles] of [
      ['alice', ['user']],
      ['ada', ['admin']],
      ['nix', []],
    ] as const) {
      const { accessToken: token } = await app.get(TokenService).issue({ id, roles: [...roles] });
      for (const path of ['/users', '/pay', '/reports']) {
        const { steps } = app
          .get(RouteExplainer)
          .explain(`GET ${path}`, createPrincipal({ id, scheme: 'jwt', roles: [...roles], authTimeMs: START_MS }));
        const { status } = await send(`GET ${path}`, { token });
        expect(steps.at(-1)!.status ?? 200, `${id} ${path}`).toBe(status);
      }
    }
  });

  it('says what depends on the object and on rules of the app, and asks neither', async () => {
    const { app, events } = await boot(init);
    asked = 0;
    events.length = 0;
    const { steps } = app.get(RouteExplainer).explain('GET /orders/:id', alice);
    const words = Object.fromEntries(steps.map(({ stage, words: each }) => [stage, each]));
    expect(words['policies']).toBe('depends on the rules of the app. Policies: isAdult');
    expect(words['ownership']).toBe('depends on the object. Ownership: the owner');
    expect([asked, events]).toEqual([0, []]);
  });

  it('tells nobody from somebody, and one kind of credential from another', async () => {
    const { app } = await boot(init);
    const explainer = app.get(RouteExplainer);
    expect(explainer.explain('GET /users').steps.at(-1)).toEqual({
      stage: 'authentication',
      outcome: 'refuses',
      status: 401,
      words: 'takes jwt, and nobody calls: refused 401 here',
    });
    expect(explainer.explain('GET /reports', alice).steps.at(-1)!.words).toBe(
      'takes api-key, and alice came by jwt: refused 401 here',
    );
    expect(explainer.explain('GET /hello').steps[1]!.words).toBe('open to everybody');
    const key = createPrincipal({ id: 'alice', scheme: 'api-key', scopes: ['orders:read'] });
    expect(explainer.explain('GET /reports', key).steps.at(-1)).toMatchObject({
      stage: 'scopes',
      status: 403,
      words: 'scope_missing: needs reports:read: refused 403 here, alice has orders:read',
    });
    expect(explainer.explain('GET /reports', key).caller).toBe('alice (api-key; no roles; scopes: orders:read)');
  });

  it('knows how old a login may be', async () => {
    const { app } = await boot(init);
    const login = { id: 'alice', scheme: 'jwt', amr: ['pwd', 'otp'] };
    const explain = (authTimeMs: number) =>
      app
        .get(RouteExplainer)
        .explain('GET /pay', createPrincipal({ ...login, authTimeMs }))
        .steps.at(-1)!.words;
    expect(explain(START_MS)).toBe('passes. Step-up: a login by otp, at most 300 s ago');
    expect(explain(START_MS - 301_000)).toBe('login_too_old: refused 401 here');
  });

  it('knows what is gone, and counts nobody', async () => {
    const { app, clock } = await boot(init);
    const last = () => app.get(RouteExplainer).explain('GET /old', alice).steps.at(-1)!;
    expect(last()).toMatchObject({ outcome: 'passes' });
    clock.advance(86_400_000);
    expect(last()).toMatchObject({ outcome: 'refuses', status: 410 });
    expect(app.get(Deprecations).callers()).toEqual([]);
  });

  it('takes a stage of the app at its word that it judges the caller only', async () => {
    const stage = (name: string, judgesCallerOnly: boolean): SecurityStage => ({
      name,
      judgesCallerOnly,
      plan: () => (call: Call) => {
        if (call.principal?.id === 'mallory') throw new Error('the stage broke');
      },
      describe: () => undefined,
    });
    const { app } = await boot({
      ...init,
      security: {
        ...init.security,
        stages: [
          { after: 'authentication', use: stage('tenant', true) },
          { after: 'tenant', use: stage('weather', false) },
        ],
      },
    });
    const explainer = app.get(RouteExplainer);
    const { steps } = explainer.explain('GET /hello', alice);
    expect(
      steps.filter(({ stage: name }) => ['tenant', 'weather'].includes(name)).map(({ outcome }) => outcome),
    ).toEqual(['passes', 'depends']);
    const mallory = createPrincipal({ id: 'mallory', scheme: 'jwt' });
    expect(() => explainer.explain('GET /hello', mallory)).toThrow('the stage broke');
  });

  it('finds a route by what its parameters mean, and names the nearest where there is none', async () => {
    const { app } = await boot(init);
    const explainer = app.get(RouteExplainer);
    expect(explainer.explain('GET /orders/:orderId', alice).route).toBe('ShopController.order');
    expect(() => explainer.explain('GET /user', alice)).toThrow('Did you mean "GET /users"?');
    expect(() => explainer.explain('nothing at all', alice)).toThrow('There is no route "nothing at all".');
  });

  it('is not to be had in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { app } = await boot(init);
    expect(() => app.get(RouteExplainer).explain('GET /users', alice)).toThrow('RouteExplainer: only in development.');
  });
});

describe('where the app does without the global guard', () => {
  it('says of a stage that no guard runs that nobody asks it', async () => {
    @Controller('half')
    class HalfController {
      @Get() @UseGuards(JwtAuthGuard) @Roles('admin') @Returns(String) read() {
        return '';
      }
    }
    const { app, send } = await boot({ controllers: [HalfController], security: { globalGuards: false } });
    const { steps, outcome } = app.get(RouteExplainer).explain('GET /half', alice);
    expect(steps.find(({ stage }) => stage === 'roles')).toEqual({
      stage: 'roles',
      outcome: 'passes',
      words: 'not asked: no guard that runs it stands before this handler',
    });
    expect(outcome).toBe('passes');
    expect((await send('GET /half', { token: await tokenFor('alice', { roles: ['user'] }) })).status).toBe(200);
  });
});
