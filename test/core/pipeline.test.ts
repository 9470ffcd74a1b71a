import {
  Controller,
  Get,
  Injectable,
  Module,
  Post,
  Scope,
  UseGuards,
  VersioningType,
  type CanActivate,
  type INestApplication,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { PipelinePlans } from '../../lib/core/pipeline-plans.js';
import { placeOf } from '../../lib/core/finding.js';
import {
  CurrentPrincipal,
  JwtAuthGuard,
  Public,
  Returns,
  Roles,
  RolesGuard,
  SecurityError,
  SecurityGuard,
  type Call,
  type Principal,
  type Route,
  type SecurityStage,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp, type TestAppInit } from '../app.js';
import { tokenFor } from '../tokens.js';

let t: TestApp | undefined;
const boot = async (init: TestAppInit): Promise<TestApp> => (t = await bootApp(init));
afterEach(async () => {
  await t?.close();
  t = undefined;
});

@Controller('plain')
class PlainController {
  @Get()
  @Returns(String)
  read() {
    return 'plain';
  }

  @Get('who')
  @Returns(String)
  who(@CurrentPrincipal() principal: Principal) {
    return principal.id;
  }

  @Get('open')
  @Public('for everybody')
  @Returns(String)
  open() {
    return 'open';
  }
}

abstract class Inherited {
  @Get('inherited')
  @Roles('admin')
  @Returns(String)
  inherited() {
    return 'inherited';
  }
}

@Controller('first')
class FirstController extends Inherited {}

@Controller('second')
@Public()
class SecondController extends Inherited {
  @Get('own')
  @Returns(String)
  own() {
    return 'own';
  }
}

describe.each(PLATFORMS)('the pipeline on %s', (platform) => {
  it('is closed by default: a handler without decorators asks for a caller', async () => {
    const { send, events } = await boot({ platform, controllers: [PlainController] });
    const refused = await send('GET /plain');
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer');
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.body).toEqual({ type: 'about:blank', title: 'Valid credentials are required.', status: 401 });
    expect(events).toMatchObject([
      {
        kind: 'access_refused',
        stage: 'authentication',
        code: 'unauthenticated',
        subject: { route: 'PlainController.read', method: 'GET', path: '/plain', address: '127.0.0.1' },
      },
    ]);
  });

  it('lets a caller in, hands them on, and says so in an event', async () => {
    const { send, events } = await boot({ platform, controllers: [PlainController] });
    const answer = await send('GET /plain/who?x=1', { token: await tokenFor('alice') });
    expect(answer).toMatchObject({ status: 200, text: 'alice' });
    expect(events).toMatchObject([
      { kind: 'access_allowed', subject: { path: '/plain/who', principal: { id: 'alice', scheme: 'jwt' } } },
    ]);
  });

  it('opens what @Public() opens, and nothing beside it', async () => {
    const { send } = await boot({ platform, controllers: [PlainController] });
    expect(await send('GET /plain/open')).toMatchObject({ status: 200, text: 'open' });
    expect((await send('GET /plain')).status).toBe(401);
  });

  it('guards inherited handlers under every class that inherits them', async () => {
    const { send } = await boot({ platform, controllers: [FirstController, SecondController] });
    const user = await tokenFor('alice', { roles: ['user'] });
    const admin = await tokenFor('ada', { roles: ['admin'] });
    for (const path of ['/first/inherited', '/second/inherited']) {
      expect((await send(`GET ${path}`)).status).toBe(401);
      expect((await send(`GET ${path}`, { token: user })).status).toBe(403);
      expect(await send(`GET ${path}`, { token: admin })).toMatchObject({ status: 200, text: 'inherited' });
    }
    expect((await send('GET /second/own')).status).toBe(200);
  });

  it('guards every spelling of a path that the router takes', async () => {
    const { send } = await boot({ platform, controllers: [PlainController] });
    const targets = [
      '/plain',
      '/plain/',
      '/plain?',
      '/%70lain',
      '//plain',
      '/plain/.',
      '/PLAIN',
      '/plain;x=1',
      '/plain%2f',
    ];
    for (const target of targets) {
      const { status } = await send(`GET ${target}`);
      expect([400, 401, 404], target).toContain(status);
    }
    expect((await send('HEAD /plain')).status).toBe(401);
  });

  it('knows each path that a handler answers on: prefix, module path, versions, aliases', async () => {
    @Controller({ path: ['orders', 'purchases'], version: ['1', '2'] })
    class AliasedController {
      @Get([':id', 'by-id/:id'])
      @Returns(String)
      find() {
        return 'found';
      }
    }
    @Module({ controllers: [AliasedController] })
    class ShopModule {}

    const { app, send } = await boot({
      platform,
      imports: [ShopModule, RouterModule.register([{ path: 'shop', module: ShopModule }])],
      prepare: (nest: INestApplication) => {
        nest.setGlobalPrefix('api');
        nest.enableVersioning({ type: VersioningType.URI });
      },
    });
    const [route] = app.get(PipelinePlans).routes;
    expect(route!.paths.map(({ path }) => path).sort()).toEqual(
      ['1', '2']
        .flatMap((version) =>
          ['orders', 'purchases'].flatMap((name) => [
            `/api/v${version}/shop/${name}/:id`,
            `/api/v${version}/shop/${name}/by-id/:id`,
          ]),
        )
        .sort(),
    );
    expect(placeOf(route!)).toMatch(/^AliasedController\.find \(GET \/api\/v1\/shop\/orders\/:id and 7 more\)$/);
    const token = await tokenFor('alice');
    for (const { path } of route!.paths) {
      const target = path.replace(':id', '7');
      expect((await send(`GET ${target}`)).status).toBe(401);
      expect((await send(`GET ${target}`, { token })).status).toBe(200);
    }
  });

  it('keeps its rules when something replaces the handler on the instance', async () => {
    @Controller('wrapped')
    class WrappedController {
      constructor() {
        const original = this.secret.bind(this);
        this.secret = () => original();
      }
      @Get()
      @Roles('admin')
      @Returns(String)
      secret() {
        return 'secret';
      }
    }
    const { send } = await boot({ platform, controllers: [WrappedController] });
    const user = await tokenFor('alice', { roles: ['user'] });
    expect((await send('GET /wrapped', { token: user })).status).toBe(403);
  });

  it('records a call once and charges it once, however many guards stand before it', async () => {
    @Controller('twice')
    @UseGuards(SecurityGuard, JwtAuthGuard, RolesGuard)
    class TwiceController {
      @Get()
      @Roles('user')
      @Returns(String)
      read() {
        return 'once';
      }
    }
    const { send, events } = await boot({ platform, controllers: [TwiceController] });
    const answer = await send('GET /twice', { token: await tokenFor('alice', { roles: ['user'] }) });
    expect(answer.status).toBe(200);
    expect(answer.headers['ratelimit']).toContain('r=999');
    expect(events.map(({ kind }) => kind)).toEqual(['access_allowed']);
  });

  it('asks again when a guard of the app swallowed a refusal', async () => {
    @Injectable()
    class SwallowingGuard implements CanActivate {
      constructor(private readonly roles: RolesGuard) {}
      async canActivate(context: Parameters<CanActivate['canActivate']>[0]) {
        await Promise.resolve()
          .then(() => this.roles.canActivate(context))
          .catch(() => undefined);
        return true;
      }
    }
    Reflect.defineMetadata('design:paramtypes', [RolesGuard], SwallowingGuard);
    @Controller('swallowed')
    @UseGuards(JwtAuthGuard, SwallowingGuard, RolesGuard)
    class SwallowedController {
      @Get()
      @Roles('admin')
      @Returns(String)
      read() {
        return 'secret';
      }
    }
    const { send } = await boot({
      platform,
      controllers: [SwallowedController],
      security: { globalGuards: false },
    });
    expect((await send('GET /swallowed', { token: await tokenFor('alice') })).status).toBe(403);
  });

  it('leaves the choice of guards to the app when asked to, and each guard asks its own question', async () => {
    @Controller('chosen')
    class ChosenController {
      @Get('open')
      @Returns(String)
      open() {
        return 'open';
      }
      @Get('roles')
      @UseGuards(RolesGuard)
      @Roles('admin')
      @Returns(String)
      roles() {
        return 'roles';
      }
      @Get('both')
      @UseGuards(JwtAuthGuard, RolesGuard)
      @Roles('admin')
      @Returns(String)
      both() {
        return 'both';
      }
    }
    const { send } = await boot({ platform, controllers: [ChosenController], security: { globalGuards: false } });
    const admin = await tokenFor('ada', { roles: ['admin'] });
    expect((await send('GET /chosen/open')).status).toBe(200);
    // Roles of nobody: the guard does not authenticate, so it can only refuse.
    expect((await send('GET /chosen/roles', { token: admin })).status).toBe(401);
    expect((await send('GET /chosen/both')).status).toBe(401);
    expect((await send('GET /chosen/both', { token: await tokenFor('bob') })).status).toBe(403);
    expect((await send('GET /chosen/both', { token: admin })).status).toBe(200);
  });

  it('works as a guard of useGlobalGuards() too', async () => {
    const { send } = await boot({
      platform,
      controllers: [PlainController],
      security: { globalGuards: false },
      prepare: (app) => app.useGlobalGuards(app.get(SecurityGuard)),
    });
    expect((await send('GET /plain')).status).toBe(401);
    expect((await send('GET /plain', { token: await tokenFor('alice') })).status).toBe(200);
  });
});

describe.each(PLATFORMS)('a stage of the app on %s', (platform) => {
  @Injectable()
  class Tenants {
    allowed = 'acme';
  }
  @Injectable()
  class TenantStage implements SecurityStage {
    readonly name = 'tenant';
    constructor(private readonly tenants: Tenants) {}
    plan(route: Route) {
      if (route.isPublic) return undefined;
      return async (call: Call) => {
        await Promise.resolve();
        if (call.principal?.claims.tenant !== this.tenants.allowed) {
          throw new SecurityError('forbidden', { reason: 'tenant_mismatch' });
        }
      };
    }
    describe() {
      return { summary: 'Tenant', facts: {}, answers: ['ASVS-8.4.1'] };
    }
  }
  Reflect.defineMetadata('design:paramtypes', [Tenants], TenantStage);
  const stages = [{ after: 'roles', use: TenantStage }];

  it('stands where it was put, with its own dependencies, and its refusals are events', async () => {
    const { app, send, events } = await boot({
      platform,
      controllers: [PlainController],
      providers: [Tenants, TenantStage],
      security: { stages },
    });
    const names = app.get(PipelinePlans).stages.map(({ name }) => name);
    expect(names.indexOf('tenant')).toBe(names.indexOf('roles') + 1);
    expect((await send('GET /plain', { token: await tokenFor('a', { tenant: 'acme' }) })).status).toBe(200);
    const refused = await send('GET /plain', { token: await tokenFor('b', { tenant: 'other' }) });
    expect(refused).toMatchObject({ status: 403, body: { title: 'You may not do this.' } });
    expect(refused.text).not.toContain('tenant');
    expect(events.at(-1)).toMatchObject({ stage: 'tenant', reason: 'tenant_mismatch' });
  });

  it('refuses with a 500 that says nothing when it crashes, and does not let the call through', async () => {
    const crashing: SecurityStage = {
      name: 'crashing',
      plan: () => () => {
        throw new Error('connection string postgres://user:pw@db');
      },
      describe: () => undefined,
    };
    const { send } = await boot({
      platform,
      controllers: [PlainController],
      security: { stages: [{ after: 'ownership', use: crashing }] },
    });
    const answer = await send('GET /plain', { token: await tokenFor('a') });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/postgres|pw|connection/);
  });

  it('stops the boot when it follows a stage that does not exist, or is request-scoped, or is no stage', async () => {
    const stage = (after: string, use: unknown) => ({
      controllers: [PlainController],
      platform,
      security: { stages: [{ after, use: use as SecurityStage }] },
    });
    await expect(bootApp(stage('rolse', TenantStage))).rejects.toThrow(
      'security.stages[0].after: "rolse" is not one of the choices. Did you mean "roles"?',
    );
    await expect(bootApp(stage('roles', { name: 'x' }))).rejects.toThrow('is no stage');

    @Injectable({ scope: Scope.REQUEST })
    class PerRequestStage extends TenantStage {}
    await expect(
      bootApp({ ...stage('roles', PerRequestStage), providers: [Tenants, PerRequestStage] }),
    ).rejects.toThrow('is request-scoped or transient');
  });
});

describe('two apps in one process', () => {
  it('do not notice each other', async () => {
    const first = await bootApp({
      controllers: [PlainController],
      security: { jwt: { secret: 'first-secret-first-secret-first-secret' } },
    });
    const second = await bootApp({
      platform: 'fastify',
      controllers: [PlainController],
      security: { jwt: { secret: 'second-secret-second-secret-second-s' } },
    });
    try {
      const ofFirst = await tokenFor('alice', {}, 'first-secret-first-secret-first-secret');
      expect((await first.send('GET /plain', { token: ofFirst })).status).toBe(200);
      expect((await second.send('GET /plain', { token: ofFirst })).status).toBe(401);
      expect(first.events.map(({ kind }) => kind)).toEqual(['access_allowed']);
      expect(second.events.map(({ kind }) => kind)).toEqual(['credential_refused']);
    } finally {
      await first.close();
      await second.close();
    }
  });
});

describe('POST and other methods', () => {
  it('are guarded alike', async () => {
    @Controller('methods')
    class MethodsController {
      @Post()
      @Returns(String)
      create() {
        return 'created';
      }
    }
    const { send } = await boot({ controllers: [MethodsController] });
    expect((await send('POST /methods')).status).toBe(401);
  });
});
