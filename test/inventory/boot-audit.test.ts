import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Logger,
  Module,
  Res,
  Scope,
  UseGuards,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  BootAudit,
  JwtAuthGuard,
  OwnedBy,
  Public,
  Returns,
  Roles,
  RolesGuard,
  secureApp,
  SecurityGuard,
  type BootAuditError,
  type BootAuditOptions,
  type Finding,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestAppInit } from '../app.js';

@Controller('tidy')
class TidyController {
  @Get()
  @Returns(String)
  read() {
    return '';
  }
}

@Controller('untidy')
class UntidyController {
  @Get('shapeless')
  shapeless(): unknown {
    return { password: 'x' };
  }
}

const secured = (app: INestApplication) => secureApp(app, { hosts: ['127.0.0.1'] });

async function findingsOf(init: TestAppInit): Promise<readonly Finding[]> {
  const t = await bootApp({ prepare: secured, ...init });
  try {
    return t.app.get(BootAudit).findings();
  } finally {
    await t.close();
  }
}

const ids = (findings: readonly Finding[]): string[] => findings.map(({ id, where }) => `${id} ${where}`);

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe.each(PLATFORMS)('the boot audit on %s', (platform) => {
  it('finds nothing in a tidy app', async () => {
    expect(await findingsOf({ platform, controllers: [TidyController] })).toEqual([]);
  });

  it('says where, why, and what to write', async () => {
    const [found] = await findingsOf({ platform, controllers: [UntidyController] });
    expect(found).toMatchObject({
      id: 'responses/no-shape',
      severity: 'error',
      where: 'UntidyController.shapeless (GET /untidy/shapeless)',
    });
    expect(found!.why).not.toBe('');
    expect(found!.fix).toContain('@Returns(');
    expect(found!.references.join()).toContain('API3:2023');
  });

  it('in enforce mode stops the app before the port opens, listing everything', async () => {
    const boot = bootApp({
      platform,
      controllers: [UntidyController],
      prepare: secured,
      security: { bootAudit: 'enforce' },
    });
    const error = (await boot.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )) as BootAuditError;
    expect(error.name).toBe('BootAuditError');
    expect(error.message).toContain('responses/no-shape  UntidyController.shapeless (GET /untidy/shapeless)');
    expect(error.findings).toHaveLength(1);
  });

  it('in warn mode tells and starts', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const t = await bootApp({
      platform,
      controllers: [UntidyController],
      prepare: secured,
      security: { bootAudit: 'warn' },
    });
    await t.close();
    expect(String(warn.mock.calls.find(([line]) => String(line).includes('boot audit'))?.[0])).toContain(
      'responses/no-shape',
    );
  });

  it('enforces in production, where it was not told otherwise', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const boot = bootApp({
      platform,
      controllers: [UntidyController],
      prepare: secured,
      security: { bootAudit: undefined } as never,
    });
    await expect(boot).rejects.toThrow('The boot audit found what has to be mended');
  });

  it('lives with what was accepted, for a reason, everywhere or in one place', async () => {
    const accepting = (accept: BootAuditOptions['accept']) =>
      findingsOf({
        platform,
        controllers: [UntidyController],
        security: { bootAudit: { mode: 'off', accept } as BootAuditOptions },
      });
    expect(await accepting({ 'responses/no-shape': 'old route' })).toEqual([]);
    expect(await accepting({ 'responses/no-shape@UntidyController.shapeless': 'old route' })).toEqual([]);
    expect(await accepting({ 'responses/no-shape@TidyController.read': 'old route' })).toHaveLength(1);
    await expect(accepting({ 'responses/no-shape': '' })).rejects.toThrow('Say why this finding is acceptable.');
  });

  it('finds handlers without a guard, where the app chose its own guards', async () => {
    @Controller('chosen')
    class ChosenController {
      @Get('none')
      @Returns(String)
      none() {
        return '';
      }
      @Get('roles-only')
      @UseGuards(RolesGuard)
      @Returns(String)
      rolesOnly() {
        return '';
      }
      @Get('jwt')
      @UseGuards(JwtAuthGuard)
      @Returns(String)
      jwt() {
        return '';
      }
      @Get('public')
      @Public()
      @Returns(String)
      open() {
        return '';
      }
    }
    const findings = await findingsOf({ platform, controllers: [ChosenController], security: { globalGuards: false } });
    expect(ids(findings)).toEqual([
      'inventory/unguarded-handler ChosenController.none (GET /chosen/none)',
      'inventory/unguarded-handler ChosenController.rolesOnly (GET /chosen/roles-only)',
    ]);
  });

  it('finds rules that no guard enforces, where the app chose its own guards', async () => {
    @Controller('half')
    @UseGuards(JwtAuthGuard)
    class HalfController {
      @Get('roles')
      @Roles('admin')
      @Returns(String)
      roles() {
        return '';
      }
      @Get('guarded')
      @UseGuards(RolesGuard)
      @Roles('admin')
      @Returns(String)
      guarded() {
        return '';
      }
      @Get(':id')
      @UseGuards(RolesGuard)
      @Roles('admin')
      @OwnedBy({ param: 'id' })
      @Returns(String)
      owned() {
        return '';
      }
      @Get('whole/:id')
      @UseGuards(SecurityGuard)
      @OwnedBy({ param: 'id' })
      @Returns(String)
      whole() {
        return '';
      }
    }
    const findings = await findingsOf({ platform, controllers: [HalfController], security: { globalGuards: false } });
    expect(findings.map(({ id, where, why }) => `${id} ${where.split(' ')[0]} ${why.split(',')[0]}`)).toEqual([
      'inventory/unenforced-rule HalfController.roles Its decorators ask for roles',
      'inventory/unenforced-rule HalfController.owned Its decorators ask for ownership',
    ]);
  });

  it('finds message handlers, which Nest runs no global guard on', async () => {
    class MessagesController {
      handle() {
        return 'secret';
      }
    }
    Controller()(MessagesController);
    Reflect.defineMetadata('microservices:pattern', ['secret'], MessagesController.prototype.handle);
    const findings = await findingsOf({ platform, controllers: [TidyController, MessagesController] });
    expect(findings).toMatchObject([
      { id: 'inventory/message-handler', severity: 'error', where: 'MessagesController.handle' },
    ]);
  });

  it('finds routes that were put on the adapter itself', async () => {
    const prepare = (app: INestApplication) => {
      secured(app);
      app.getHttpAdapter().get('/metrics', (_request: unknown, response: { end?: () => void; send?: () => void }) => {
        (response.send ?? response.end)?.call(response);
      });
    };
    expect(ids(await findingsOf({ platform, controllers: [TidyController], prepare }))).toEqual([
      'inventory/raw-route GET /metrics',
    ]);
  });

  it('finds a global guard that is request-scoped, and so runs last', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequestGuard implements CanActivate {
      constructor(@Inject(REQUEST) readonly request: unknown) {}
      canActivate() {
        return true;
      }
    }
    const findings = await findingsOf({
      platform,
      controllers: [TidyController],
      providers: [{ provide: APP_GUARD, scope: Scope.REQUEST, useClass: PerRequestGuard }],
    });
    expect(ids(findings)).toEqual(['inventory/request-scoped-guard PerRequestGuard']);
  });

  it('finds handlers that write the answer past the filter', async () => {
    @Controller('bypass')
    class BypassController {
      @Get()
      @Returns(String)
      read(@Res() response: { send(body: string): void }) {
        response.send('x');
      }
    }
    expect(ids(await findingsOf({ platform, controllers: [BypassController] }))).toEqual([
      'responses/res-bypass BypassController.read (GET /bypass)',
    ]);
  });

  it('finds global interceptors and filters that stand where ours have to', async () => {
    @Injectable()
    class EnvelopeInterceptor implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler) {
        return next.handle();
      }
    }
    @Catch()
    class ChattyFilter implements ExceptionFilter {
      catch() {}
    }
    @Module({
      providers: [
        { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
        { provide: APP_FILTER, useClass: ChattyFilter },
      ],
    })
    class EnhancersModule {}

    const after = await findingsOf({ platform, controllers: [TidyController], imports: [EnhancersModule] });
    expect(ids(after)).toEqual(['inventory/foreign-filter ChattyFilter']);
    // secureApp() puts ours first; without it the order of imports is what it is.
    const before = { platform, controllers: [TidyController], before: [EnhancersModule] };
    expect(ids(await findingsOf(before))).toEqual([]);
    expect(ids(await findingsOf({ ...before, prepare: () => undefined }))).toContain(
      'inventory/outer-interceptor EnvelopeInterceptor',
    );
  });

  it('finds that secureApp() was not called', async () => {
    const findings = await findingsOf({ platform, controllers: [TidyController], prepare: () => undefined });
    expect(findings.map(({ id }) => id)).toEqual(['edge/no-secure-app']);
  });
});

describe('a router that was mounted on Express', () => {
  it('is found, with every route below it', async () => {
    const prepare = (app: INestApplication) => {
      secured(app);
      const board = new ExpressAdapter();
      board.get('/jobs', (_request: unknown, response: { end(): void }) => response.end());
      app.use('/admin', (board.getInstance() as { router: unknown }).router);
    };
    expect(ids(await findingsOf({ controllers: [TidyController], prepare }))).toEqual([
      'inventory/raw-route GET …/jobs',
    ]);
  });
});

describe('a route in the shadow of another', () => {
  @Controller('users')
  class UsersController {
    @Get(':id')
    @Returns(String)
    find() {
      return 'find';
    }
    @Get('me')
    @Returns(String)
    me() {
      return 'me';
    }
    @Get(':id/orders')
    @Returns(String)
    orders() {
      return 'orders';
    }
  }

  it('is found on Express, which takes the first route that fits', async () => {
    const [found, ...others] = await findingsOf({ controllers: [UsersController] });
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      id: 'inventory/shadowed-route',
      where: 'UsersController.me (GET /users/me)',
      why: 'GET /users/me is answered by UsersController.find (/users/:id), under the rules of that handler.',
    });
  });

  it('is none on Fastify, which prefers the more specific', async () => {
    expect(await findingsOf({ platform: 'fastify', controllers: [UsersController] })).toEqual([]);
  });
});

describe('the option', () => {
  it('is checked', async () => {
    await expect(bootApp({ security: { bootAudit: 'enfroce' as 'enforce' } })).rejects.toThrow(
      'Did you mean "enforce"?',
    );
    await expect(bootApp({ security: { bootAudit: { acept: {} } as never } })).rejects.toThrow(
      'security.bootAudit.acept: unknown option. Did you mean `security.bootAudit.accept`?',
    );
  });
});
