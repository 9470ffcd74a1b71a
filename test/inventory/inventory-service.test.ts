import { tmpdir } from 'node:os';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Post,
  RequestMethod,
  UseGuards,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
  type CanActivate,
  type INestApplication,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { Expose, Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { z } from 'zod';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BootAudit,
  InventoryService,
  inventoryJson,
  JwtAuthGuard,
  owaspCoverage,
  Public,
  Returns,
  Roles,
  RolesGuard,
  secureApp,
  type Endpoint,
  VisibleTo,
  type SecurityStage,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, type Platform, type TestApp, type TestAppInit } from '../app.js';
import {
  ChatGateway,
  LooseController,
  MailController,
  OrderOwnership,
  OrdersController,
  putMetricsOnTheAdapter,
  UsersResolver,
} from './surfaces.js';

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});

async function endpointsOf(init: TestAppInit): Promise<readonly Endpoint[]> {
  t = await bootApp({ prepare: (app) => secureApp(app), ...init });
  return t.app.get(InventoryService).endpoints();
}

const everything = (platform: Platform): TestAppInit => ({
  platform,
  controllers: [OrdersController, LooseController, MailController],
  providers: [OrderOwnership, ChatGateway, UsersResolver],
});

function found(endpoints: readonly Endpoint[], id: string): Endpoint {
  const endpoint = endpoints.find((each) => each.id === id);
  expect(endpoint, id).toBeDefined();
  return endpoint!;
}

describe.each(PLATFORMS)('the inventory on %s', (platform) => {
  it('lists every kind of surface, sorted, and who gets in', async () => {
    const endpoints = await endpointsOf({
      ...everything(platform),
      prepare: (app) => {
        secureApp(app);
        putMetricsOnTheAdapter(app);
      },
    });
    expect(endpoints.map(({ id, kind, access }) => `${kind} ${access}: ${id}`)).toEqual([
      'handler public: GET /about',
      'handler authenticated: POST /admin/checkout',
      'handler authenticated: POST /anything',
      'handler public: GET /imprint',
      'raw unguarded: GET /metrics',
      'handler restricted: POST /orders',
      'handler restricted: GET /orders/:id',
      'handler authenticated: POST /orders/:id/archive',
      'handler authenticated: GET /raw-answer',
      'handler restricted: GET /reports',
      'graphql refused: MUTATION Mutation.renameUser',
      'graphql refused: QUERY Query.user',
      'gateway refused: MESSAGE /chat#join',
      'message unguarded: EVENT mail.sent',
      'message unguarded: MESSAGE {"cmd":"mail"}',
    ]);
  });

  it('says of a handler all that is asked there, from what the guards enforce', async () => {
    const endpoints = await endpointsOf(everything(platform));
    const rate = { capacity: 5, refillTokens: 5, refillPeriodMs: 3_600_000 };
    expect(found(endpoints, 'POST /orders')).toMatchObject({
      kind: 'handler',
      method: 'POST',
      path: '/orders',
      handler: 'OrdersController.create',
      access: 'restricted',
      schemes: ['jwt'],
      roles: { names: ['user'], all: false },
      scopes: [],
      policies: ['isAdult'],
      stepUp: { maxAge: 300, amr: [], acr: [] },
      limits: { tier: true, own: [{ rate, by: 'address' }], cost: 2 },
      flow: { name: 'order', limit: rate, captcha: true, minHumanMs: 2000, idempotencyKey: 'required', signals: [] },
      input: [{ from: 'body', shape: 'OrderInput', fields: ['note', 'total'] }],
      output: { shape: 'OrderView', kind: 'objects', fields: { id: ['everybody'], margin: ['admin'] } },
      open: [],
    });
    expect(found(endpoints, 'GET /orders/:id')).toMatchObject({
      ownership: { kind: 'object', param: 'id', provider: 'OrderOwnership', bypass: ['admin'], reveal: false },
      answers: expect.arrayContaining(['API1:2023', 'API2:2023', 'API3:2023', 'ASVS-8.2.2']),
    });
    expect(found(endpoints, 'GET /reports')).toMatchObject({
      schemes: ['api-key'],
      scopes: ['reports:read'],
      input: [{ from: 'query', name: 'page', shape: 'Number' }],
    });
    expect(found(endpoints, 'GET /about')).toMatchObject({ access: 'public', reason: 'the law asks for it' });
  });

  it('names what is left open, and why', async () => {
    const endpoints = await endpointsOf({
      ...everything(platform),
      prepare: (app) => {
        secureApp(app);
        putMetricsOnTheAdapter(app);
      },
    });
    const open = (id: string) => found(endpoints, id).open.map((item) => `${item.id} ${item.why}`);
    expect(open('POST /orders/:id/archive')).toEqual([
      'API1:2023 whoever is let in may name any :id: no ownership rule',
    ]);
    expect(open('POST /anything')).toEqual([
      'API3:2023 nothing describes its body',
      'API4:2023 no rate limit holds here',
    ]);
    expect(open('POST /admin/checkout')).toEqual([
      'API3:2023 it may answer anything: @Returns(Object)',
      'API5:2023 its path speaks of administration, and no role, scope or policy is asked for',
      'API6:2023 "checkout" is a flow that programs abuse: no @SensitiveFlow()',
      'API7:2023 "callbackUrl" may be an address that the server fetches: nothing shows how',
    ]);
    expect(open('GET /raw-answer')).toEqual(['API3:2023 it writes its answer past the response filter']);
    expect(open('GET /metrics').map((item) => item.split(' ', 1)[0])).toEqual([
      'API2:2023',
      'API4:2023',
      'API5:2023',
      'API9:2023',
    ]);
    expect(open('QUERY Query.user')).toEqual([]);
    // What is open is not answered as well.
    for (const { answers, open: items } of endpoints) {
      expect(items.filter(({ id }) => answers.includes(id))).toEqual([]);
    }
  });

  it('lists a method that answers both HTTP and messages twice', async () => {
    @Controller('mail')
    class HybridController {
      @Get() @Returns(String) send() {
        return '';
      }
    }
    Reflect.defineMetadata('microservices:pattern', ['mail.send'], HybridController.prototype.send);
    Reflect.defineMetadata('microservices:handler_type', 1, HybridController.prototype.send);
    const endpoints = await endpointsOf({ platform, controllers: [HybridController] });
    expect(endpoints.map(({ id, kind, access }) => [id, kind, access])).toEqual([
      ['GET /mail', 'handler', 'authenticated'],
      ['MESSAGE mail.send', 'message', 'unguarded'],
    ]);
  });

  it('lists a resolver that is named like a controller and its method', async () => {
    const asController = () => {
      @Controller('users')
      class UsersThings {
        @Get() @Returns(String) list() {
          return '';
        }
      }
      return UsersThings;
    };
    const asResolver = () => {
      class UsersThings {
        list() {}
      }
      Injectable()(UsersThings);
      Reflect.defineMetadata('graphql:resolver_type', 'Query', UsersThings.prototype.list);
      return UsersThings;
    };
    const endpoints = await endpointsOf({ platform, controllers: [asController()], providers: [asResolver()] });
    expect(endpoints.map(({ id, handler }) => [id, handler])).toEqual([
      ['GET /users', 'UsersThings.list'],
      ['QUERY Query.list', 'UsersThings.list'],
    ]);
  });

  it('claims of a route only what its own credentials, limits and versions answer', async () => {
    const endpoints = await endpointsOf(everything(platform));
    const answers = (id: string) => found(endpoints, id).answers;
    expect(answers('GET /orders/:id')).toEqual(expect.arrayContaining(['API2:2023', 'ASVS-9.1.1', 'ASVS-9.2.3']));
    // An API key is no token.
    expect(answers('GET /reports')).toContain('API2:2023');
    expect(answers('GET /reports').join()).not.toContain('ASVS-9');
    // Whoever asks nobody who they are has not answered how well that is done.
    expect(answers('GET /about')).not.toContain('API2:2023');
    expect(answers('GET /about').join()).not.toContain('ASVS-9');
    // The tier's limit is not made for a flow.
    expect(endpoints.filter((each) => each.answers.includes('API6:2023')).map(({ id }) => id)).toEqual([
      'POST /orders',
    ]);
    expect(endpoints.filter((each) => each.answers.includes('API9:2023'))).toEqual([]);
  });

  it('has paths as they are on the wire: prefix, version in the path, several paths of one handler', async () => {
    @Controller({ path: 'users', version: ['1', '2'] })
    class UsersController {
      @Get() @Returns(String) list() {
        return '';
      }
    }
    @Controller({ path: 'live', version: VERSION_NEUTRAL })
    class LiveController {
      @Get() @Returns(String) live() {
        return '';
      }
    }
    const endpoints = await endpointsOf({
      platform,
      controllers: [UsersController, LiveController],
      prepare: (app) => {
        app.setGlobalPrefix('api', { exclude: ['live'] });
        app.enableVersioning({ type: VersioningType.URI });
        secureApp(app);
      },
    });
    expect(endpoints.map(({ answers }) => answers.includes('API9:2023'))).toEqual([true, true, false]);
    expect(endpoints.map(({ id, version }) => [id, version])).toEqual([
      ['GET /api/v1/users', '1'],
      ['GET /api/v2/users', '2'],
      ['GET /live', undefined],
    ]);
    for (const { path } of endpoints) expect((await t!.send(`GET ${path}`)).status).toBe(401);
    expect((await t!.send('GET /users')).status).toBe(404);
  });

  it('tells versions apart that share a path, and hosts', async () => {
    @Controller({ path: 'users', host: 'api.example.com' })
    class UsersController {
      @Get() @Version('1') @Returns(String) one() {
        return '';
      }
      @Get() @Version('2') @Returns(String) two() {
        return '';
      }
    }
    const endpoints = await endpointsOf({
      platform,
      controllers: [UsersController],
      prepare: (app) => {
        app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
        secureApp(app);
      },
    });
    expect(endpoints.map(({ id, handler }) => [id, handler])).toEqual([
      ['GET /users v1 @api.example.com', 'UsersController.one'],
      ['GET /users v2 @api.example.com', 'UsersController.two'],
    ]);
  });

  it('claims nothing that no guard enforces', async () => {
    class HouseGuard implements CanActivate {
      canActivate() {
        return true;
      }
    }
    class SwornGuard extends HouseGuard {
      static readonly authenticates = true;
    }
    @Controller('chosen')
    class ChosenController {
      @Get('none') @Roles('admin') @Returns(String) none() {
        return '';
      }
      @Get('half') @UseGuards(JwtAuthGuard) @Roles('admin') @Returns(String) half() {
        return '';
      }
      @Get('whole') @UseGuards(JwtAuthGuard, RolesGuard) @Roles('admin') @Returns(String) whole() {
        return '';
      }
      @Get('own') @UseGuards(HouseGuard) @Returns(String) own() {
        return '';
      }
      @Get('sworn') @UseGuards(SwornGuard) @Returns(String) sworn() {
        return '';
      }
      @Get('passport') @UseGuards(AuthGuard('jwt')) @Returns(String) passport() {
        return '';
      }
      @Get('open') @Public('everybody may') @Returns(String) open() {
        return '';
      }
    }
    const endpoints = await endpointsOf({
      platform,
      controllers: [ChosenController, MailController],
      providers: [UsersResolver],
      security: { globalGuards: false },
    });
    expect(endpoints.map(({ id, access, roles, schemes }) => [id, access, roles?.names ?? [], schemes])).toEqual([
      ['GET /chosen/half', 'authenticated', [], ['jwt']],
      ['GET /chosen/none', 'unguarded', [], []],
      ['GET /chosen/open', 'public', [], []],
      ['GET /chosen/own', 'unguarded', [], []],
      ['GET /chosen/passport', 'authenticated', [], []],
      ['GET /chosen/sworn', 'authenticated', [], []],
      ['GET /chosen/whole', 'restricted', ['admin'], ['jwt']],
      ['MUTATION Mutation.renameUser', 'unguarded', [], []],
      ['QUERY Query.user', 'unguarded', [], []],
      ['EVENT mail.sent', 'unguarded', [], []],
      ['MESSAGE {"cmd":"mail"}', 'unguarded', [], []],
    ]);
    expect(found(endpoints, 'GET /chosen/none').answers).not.toContain('API2:2023');
    expect(found(endpoints, 'GET /chosen/own').reason).toBe('HouseGuard may not ask who calls');
    const findings = t!.app.get(BootAudit).findings();
    const blamed = findings.filter(({ id }) => id === 'inventory/unguarded-handler').map(({ where }) => where);
    expect(blamed.join()).toContain('ChosenController.own');
    expect(blamed.join()).not.toMatch(/sworn|passport/);
  });

  it('lists stages and guards of the app besides ours', async () => {
    class HouseGuard implements CanActivate {
      canActivate() {
        return true;
      }
    }
    const tenants: SecurityStage = {
      name: 'tenants',
      plan: () => undefined,
      describe: () => ({ summary: 'Tenant: the caller’s own', facts: {}, answers: ['ASVS-8.4.1'] }),
    };
    @Controller('house')
    class HouseController {
      @Get() @UseGuards(HouseGuard) @Returns(String) read() {
        return '';
      }
    }
    const [endpoint] = await endpointsOf({
      platform,
      controllers: [HouseController],
      security: { stages: [{ after: 'roles', use: tenants }] },
    });
    expect(endpoint!.checks).toContainEqual({ stage: 'tenants', summary: 'Tenant: the caller’s own' });
    expect(endpoint!.checks).toContainEqual({ stage: 'guard', summary: 'Guard: HouseGuard' });
    expect(endpoint!.answers).toContain('ASVS-8.4.1');
  });

  it('finds Swagger UI where it was put on the adapter, page and document', async () => {
    const endpoints = await endpointsOf({
      platform,
      prepare: (app) => {
        secureApp(app);
        const config = new DocumentBuilder().build();
        if (platform === 'express') SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config));
        // On Fastify the page needs @fastify/static; the documents alone do not.
        else SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), { ui: false });
      },
    });
    const ids = endpoints.map(({ id }) => id);
    expect(ids).toContain('GET /docs-json');
    expect(ids).toContain('GET /docs-yaml');
    expect(endpoints.every(({ kind, access }) => kind === 'raw' && access === 'unguarded')).toBe(true);
    if (platform === 'express') expect(ids).toEqual(expect.arrayContaining(['GET /docs', 'GET …/*']));
  });

  it('is the same text every time', async () => {
    const texts: string[] = [];
    for (const controllers of [
      [OrdersController, LooseController],
      [LooseController, OrdersController],
    ]) {
      const app = await bootApp({ platform, controllers, providers: [OrderOwnership] });
      texts.push(inventoryJson(app.app.get(InventoryService).inventory()));
      await app.close();
    }
    expect(texts[0]).toBe(texts[1]);
  });

  it('counts how much of the ten is answered', async () => {
    const endpoints = await endpointsOf(everything(platform));
    const coverage = owaspCoverage(endpoints, t!.app.get(BootAudit).findings());
    expect(coverage).toHaveLength(10);
    expect(coverage[0]).toMatchObject({ id: 'API1:2023', title: 'Broken Object Level Authorization', open: 1 });
    expect(coverage[0]!.answered).toBeGreaterThan(0);
    expect(coverage[2]!.findings).toBeGreaterThan(0);
    expect(coverage[2]!.errors).toBeGreaterThan(0);
    expect(coverage[9]).toMatchObject({ id: 'API10:2023', answered: 0, open: 0 });
  });
});

describe('a catch-all on Express', () => {
  it('is listed, though it looks like the 404 of Nest', async () => {
    const endpoints = await endpointsOf({
      prepare: (app) => {
        secureApp(app);
        const proxy = new ExpressAdapter();
        proxy.all('*path', (_request: unknown, response: { end(): void }) => response.end());
        app.use('/legacy', (proxy.getInstance() as { router: unknown }).router);
      },
    });
    expect(endpoints.map(({ id, kind }) => [id, kind])).toEqual([['ALL …*path', 'raw']]);
  });
});

describe('static files on Express', () => {
  it('are listed, with the path where Express kept it', async () => {
    const endpoints = await endpointsOf({
      prepare: (app) => {
        secureApp(app);
        (app as NestExpressApplication).useStaticAssets(tmpdir());
      },
    });
    expect(endpoints.map(({ id, kind }) => [id, kind])).toEqual([['GET /*', 'raw']]);
  });
});

describe('two handlers of one path', () => {
  it('are two endpoints, and the later is named by its handler', async () => {
    @Controller('twice')
    class TwiceController {
      @Post(':id') @Returns(String) first(@Param('id') id: string) {
        return id;
      }
      @Post(':id') @Returns(String) second(@Param('id') id: string) {
        return id;
      }
    }
    const endpoints = await endpointsOf({ controllers: [TwiceController] });
    expect(endpoints.map(({ id }) => id)).toEqual(['POST /twice/:id', 'POST /twice/:id (TwiceController.second)']);
  });
});

describe.each(PLATFORMS)('routes beside the controllers on %s', (platform) => {
  @Controller({ path: 'users', version: ['1', '2'] })
  class UsersController {
    @Get() @Returns(String) list() {
      return '';
    }
    @Get(':id') @Returns(String) find(@Param('id') id: string) {
      return id;
    }
  }
  const answer = (_request: unknown, response: { send(body: string): void }) => response.send('');

  it.each([
    ['HEADER', { type: VersioningType.HEADER, header: 'X-Version' }],
    ['MEDIA_TYPE', { type: VersioningType.MEDIA_TYPE, key: 'v=' }],
  ] as const)('are found with a list of versions by %s', async (_name, versioning) => {
    const endpoints = await endpointsOf({
      platform,
      controllers: [UsersController],
      prepare: (app) => {
        app.enableVersioning(versioning);
        secureApp(app);
        app.getHttpAdapter().get('/metrics', answer);
      },
    });
    expect(endpoints.map(({ id, kind }) => `${kind} ${id}`)).toEqual([
      'raw GET /metrics',
      'handler GET /users v1',
      'handler GET /users v2',
      'handler GET /users/:id v1',
      'handler GET /users/:id v2',
    ]);
    expect((await t!.send('GET /metrics')).status).toBe(200);
  });

  it.each(['declaration', 'specificity'] as const)(
    'are errors where a controller answers too, by %s',
    async (order) => {
      const endpoints = await endpointsOf({
        platform,
        controllers: [UsersController],
        prepare: (app) => {
          app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version' });
          if (order === 'specificity') (app as unknown as WithConfig).config.setRouteResolutionStrategy(order);
          secureApp(app);
          app.getHttpAdapter().get('/users', answer);
          app.getHttpAdapter().get('/users/:name', answer);
        },
      });
      expect(endpoints.filter(({ kind }) => kind === 'raw').map(({ path }) => path)).toEqual([
        '/users',
        '/users/:name',
      ]);
      const findings = t!.app.get(BootAudit).findings();
      expect(findings.filter(({ id }) => id === 'inventory/raw-duplicate')).toMatchObject([
        { severity: 'error', where: 'GET /users' },
        { severity: 'error', where: 'GET /users/:name' },
      ]);
    },
  );

  it('are not the middleware of a module', async () => {
    @Module({})
    class WithMiddleware implements NestModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply((_request: unknown, _response: unknown, next: () => void) => next()).forRoutes('/x', '/y');
        consumer
          .apply((_request: unknown, _response: unknown, next: () => void) => next())
          .forRoutes({ path: 'users', method: RequestMethod.GET });
      }
    }
    const endpoints = await endpointsOf({ platform, imports: [WithMiddleware], prepare: (app) => secureApp(app) });
    expect(endpoints).toEqual([]);
  });
});

/** As far as a test sets what `NestFactory.create()` takes as an option. */
interface WithConfig {
  readonly config: { setRouteResolutionStrategy(strategy: string): void };
}

describe('Fastify', () => {
  it('has raw routes that answer HEAD only, or have a space in their path', async () => {
    const endpoints = await endpointsOf({
      platform: 'fastify',
      prepare: (app: INestApplication) => {
        secureApp(app);
        const adapter = app.getHttpAdapter();
        const nothing = (_request: unknown, reply: { send(body?: string): void }) => reply.send();
        adapter.head('/probe', nothing);
        adapter.get('/a b', nothing);
      },
    });
    expect(endpoints.map(({ id }) => id)).toEqual(['GET /a b', 'HEAD /probe']);
  });
});

describe('fields inside of fields', () => {
  class AddressInput {
    @IsString()
    city!: string;
  }
  class ItemInput {
    @IsInt()
    price!: number;
  }
  class CartInput {
    @IsString()
    note!: string;
    @ValidateNested()
    address!: AddressInput;
    @ValidateNested({ each: true })
    @Type(() => ItemInput)
    items!: ItemInput[];
  }
  class OwnerView {
    name!: string;
    @VisibleTo('admin')
    password_hash!: string;
  }
  class CartView {
    id!: string;
    @Type(() => OwnerView)
    owner!: OwnerView;
    @Type(() => OwnerView)
    sharers!: OwnerView[];
  }
  for (const [type, keys] of [
    [CartView, ['id', 'owner', 'sharers']],
    [OwnerView, ['name']],
  ] as const) {
    for (const key of keys) Expose()(type.prototype, key);
  }
  const schema = z.object({ a: z.object({ b: z.string() }).optional(), list: z.array(z.object({ c: z.number() })) });

  @Controller('carts')
  class CartsController {
    @Post() @Returns(CartView) create(@Body() input: CartInput) {
      return input;
    }
    @Post('by-schema') @Returns(String) bySchema(@Body({ schema }) input: unknown) {
      return input;
    }
  }

  it('are listed, of classes and of schemas, on their way in and out', async () => {
    const endpoints = await endpointsOf({ controllers: [CartsController] });
    const { input, output } = found(endpoints, 'POST /carts');
    expect(input).toEqual([
      { from: 'body', shape: 'CartInput', fields: ['address', 'address.city', 'items[]', 'items[].price', 'note'] },
    ]);
    expect(output!.fields).toEqual({
      id: ['everybody'],
      owner: ['everybody'],
      'owner.name': ['everybody'],
      'owner.password_hash': ['admin'],
      'sharers[]': ['everybody'],
      'sharers[].<OwnerView>': ['everybody'],
    });
    expect(found(endpoints, 'POST /carts/by-schema').input).toEqual([
      { from: 'body', shape: 'schema', fields: ['a', 'a.b', 'list[]', 'list[].c'] },
    ]);
  });
});

describe('the roles', () => {
  it('are listed with all that they include', async () => {
    await endpointsOf({ security: { roles: { hierarchy: { admin: ['moderator'], moderator: ['user'], user: [] } } } });
    expect(t!.app.get(InventoryService).inventory().roles).toEqual({
      admin: ['moderator', 'user'],
      moderator: ['user'],
      user: [],
    });
  });
});

describe('three handlers of one path, two of one name', () => {
  it('have ids of their own', async () => {
    const make = () => {
      @Controller('same')
      class SameController {
        @Get() @Returns(String) read() {
          return '';
        }
      }
      return SameController;
    };
    const endpoints = await endpointsOf({ controllers: [make(), make(), make()] });
    expect(endpoints.map(({ id }) => id)).toEqual([
      'GET /same',
      'GET /same (SameController.read)',
      'GET /same (SameController.read) #2',
    ]);
  });
});
