import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Global, Inject, Injectable, Module, Scope, type OnModuleInit } from '@nestjs/common';
import { LazyModuleLoader, NestFactory, REQUEST } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterEach, describe, expect, it } from 'vitest';
import type { Handler, Route } from '../../lib/core/route.js';
import { callOf, Returns, Roles, SecurityModule, type HttpRequest } from '../../lib/index.js';
import { bootApp, PLATFORMS, send, TEST_SECRET, type TestApp, type TestAppInit } from '../app.js';
import { tokenFor } from '../tokens.js';

let t: TestApp | undefined;
const boot = async (init: TestAppInit): Promise<TestApp> => (t = await bootApp(init));
afterEach(async () => {
  await t?.close();
  t = undefined;
});

@Controller('secret')
class SecretController {
  @Get()
  @Roles('admin')
  @Returns(String)
  read() {
    return 'secret';
  }
}

describe('a server that listens before the app is ready', () => {
  it('answers 503, never the handler', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    @Injectable()
    class Slow implements OnModuleInit {
      onModuleInit() {
        return gate;
      }
    }
    @Global()
    @Module({ providers: [Slow] })
    class SlowModule {}
    @Module({
      imports: [SlowModule, SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, bootAudit: 'off' })],
      controllers: [SecretController],
    })
    class AppModule {}

    const adapter = new ExpressAdapter();
    const server = createServer(adapter.getInstance() as () => void);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
    const ready = app.init();
    let early = await send(port, 'GET /secret');
    // Until the router stands, Express itself answers 404.
    for (let tries = 0; early.status === 404 && tries < 100; tries++) early = await send(port, 'GET /secret');
    expect([404, 503]).toContain(early.status);
    release();
    await ready;
    expect((await send(port, 'GET /secret')).status).toBe(401);
    await app.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe.each(PLATFORMS)('a handler on %s', (platform) => {
  it('keeps its rules when a request-scoped controller binds it anew each time', async () => {
    @Controller({ path: 'bound', scope: Scope.REQUEST })
    class BoundController {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        this.read = this.read.bind(this);
      }
      @Get()
      @Roles('admin')
      @Returns(String)
      read() {
        return 'secret';
      }
    }
    const { send } = await boot({ platform, controllers: [BoundController] });
    expect((await send('GET /bound', { token: await tokenFor('alice') })).status).toBe(403);
    expect((await send('GET /bound', { token: await tokenFor('ada', { roles: ['admin'] }) })).text).toBe('secret');
  });

  describe('that is wrapped anew for each request', () => {
    const planned: string[] = [];
    const counting = {
      after: 'ownership',
      use: { name: 'counting', plan: ({ id }: Route) => void planned.push(id), describe: () => undefined },
    } as const;

    /** As decorators of tracing and transactions do it: the notes of the method come along. */
    function wrappedIn(notes: (wrapper: Handler) => void) {
      @Controller({ path: 'wrapped', scope: Scope.REQUEST })
      class WrappedController {
        constructor(@Inject(REQUEST) readonly request: unknown) {
          const original = this.read as unknown as Handler;
          const wrapper = { read: (...args: never[]) => original.apply(this, args) }.read;
          for (const key of Reflect.getMetadataKeys(original) as string[]) {
            Reflect.defineMetadata(key, Reflect.getMetadata(key, original), wrapper);
          }
          notes(wrapper as Handler);
          this.read = wrapper as unknown as typeof this.read;
        }
        @Get()
        @Returns(String)
        read() {
          return 'wrapped';
        }
      }
      return WrappedController;
    }

    it('has the plan of its method, where it has the same notes', async () => {
      const { send } = await boot({
        platform,
        controllers: [wrappedIn(() => undefined)],
        security: { stages: [counting] },
      });
      planned.length = 0;
      for (let call = 0; call < 3; call++) {
        expect((await send('GET /wrapped', { token: await tokenFor('alice') })).text).toBe('wrapped');
      }
      expect((await send('GET /wrapped')).status).toBe(401);
      expect(planned).toEqual([]);
    });

    it('is held to what it says besides', async () => {
      const stricter = (wrapper: Handler) => {
        Roles('admin')(wrapper, undefined as never, { value: wrapper } as never);
      };
      const { send } = await boot({ platform, controllers: [wrappedIn(stricter)] });
      expect((await send('GET /wrapped', { token: await tokenFor('alice') })).status).toBe(403);
      const admin = await tokenFor('ada', { roles: ['admin'] });
      expect((await send('GET /wrapped', { token: admin })).text).toBe('wrapped');
    });
  });

  it('that nothing describes stays closed', async () => {
    @Controller({ path: 'nameless', scope: Scope.REQUEST })
    class NamelessController {
      constructor(@Inject(REQUEST) readonly request: unknown) {
        const wrapped = [() => 'secret'];
        this.read = wrapped[0]!;
      }
      @Get()
      @Returns(String)
      read() {
        return 'secret';
      }
    }
    const { send } = await boot({ platform, controllers: [NamelessController] });
    const answer = await send('GET /nameless', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('secret');
  });

  it("has its call on the request, the framework's and Node's", async () => {
    const seen: unknown[] = [];
    @Controller('seen')
    class SeenController {
      @Get()
      @Returns(String)
      read() {
        return 'seen';
      }
    }
    const { send } = await boot({
      platform,
      controllers: [SeenController],
      security: {
        stages: [
          {
            after: 'ownership',
            use: {
              name: 'look',
              plan: () => (call) => {
                const request = call.request as HttpRequest;
                seen.push(callOf(request) === call, callOf(request.raw ?? request) === call);
              },
              describe: () => undefined,
            },
          },
        ],
      },
    });
    await send('GET /seen', { token: await tokenFor('alice') });
    expect(seen).toEqual([true, true]);
  });

  it('of a lazily loaded module is nothing that HTTP can reach', async () => {
    @Module({ controllers: [SecretController] })
    class LateModule {}
    const { app, send } = await boot({ platform });
    await app.get(LazyModuleLoader).load(() => LateModule);
    expect((await send('GET /secret')).status).toBe(404);
  });
});

describe('the module', () => {
  it('refuses to be imported twice', async () => {
    const imports = [SecurityModule.forRoot({ jwt: { secret: TEST_SECRET } })];
    await expect(bootApp({ imports })).rejects.toThrow('SecurityModule.forRoot: imported twice.');
  });

  const options = { jwt: { secret: TEST_SECRET }, bootAudit: 'off' } as const;

  @Injectable()
  class OptionsFactory {
    createSecurityOptions() {
      return options;
    }
  }
  @Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
  class ConfigModule {}

  it.each([
    ['useFactory', { useFactory: () => options }],
    ['useFactory, later', { useFactory: () => Promise.resolve(options) }],
    [
      'inject',
      {
        imports: [ConfigModule],
        inject: [OptionsFactory],
        useFactory: (from: OptionsFactory) => from.createSecurityOptions(),
      },
    ],
    ['useClass', { useClass: OptionsFactory }],
    ['useExisting', { imports: [ConfigModule], useExisting: OptionsFactory }],
  ])('takes its options from %s', async (_name, from) => {
    @Module({ imports: [SecurityModule.forRootAsync(from)], controllers: [SecretController] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    expect((await send(port, 'GET /secret')).status).toBe(401);
    expect((await send(port, 'GET /nowhere')).status).toBe(404);
    await app.close();
  });

  it('checks the options of a factory too', async () => {
    @Module({ imports: [SecurityModule.forRootAsync({ useFactory: () => ({ jtw: {} }) as never })] })
    class AppModule {}
    await expect(NestFactory.create(AppModule, { logger: false, abortOnError: false })).rejects.toThrow(
      'security.jtw: unknown option. Did you mean `security.jwt`?',
    );
  });

  it('says at once what is wrong with options given at once', () => {
    expect(() => SecurityModule.forRoot({ globalGuards: 'yes' as never })).toThrow(
      'security.globalGuards: "yes" is not a boolean. Use true or false.',
    );
  });
});
