/** What is forgotten or cannot work is told before the port opens. */

import { Controller, Get, type INestApplication } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Server } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  Authenticate,
  BootAuditError,
  Cost,
  Public,
  RateLimit,
  Returns,
  Roles,
  secureApp,
  SensitiveFlow,
} from '../../lib/index.js';
import {
  secureWebSockets,
  WebSocketSecurityModule,
  type WebSocketSecurityOptions,
} from '../../lib/websockets/index.js';
import { bootApp, PLATFORMS } from '../app.js';
import { ALL, bootSockets, openWs, refusalOf } from './app.js';
import { ChatGateway, LobbyGateway, NoteOwnership } from './chat.gateway.js';

const message = (boot: Promise<{ close(): Promise<void> }>): Promise<string> =>
  boot.then(
    async (app) => (await app.close(), 'It booted.'),
    (error: unknown) => (error as Error).message,
  );

describe('options', () => {
  const wrong: [unknown, RegExp][] = [
    [
      { maxPerAdress: 1 },
      /maxPerAdress: unknown option\. Did you mean `WebSocketSecurityModule\.forRoot\.maxPerAddress`/,
    ],
    [{ maxPerPrincipal: 0 }, /maxPerPrincipal: 0 is not a positive whole number/],
    [{ messageRate: 10 }, /messageRate: 10 is not a rate/],
    [{ messageLimit: '1 GB' }, /messageLimit: "1 GB" is not a size/],
    [{ checkEveryMs: 2 ** 31 }, /checkEveryMs: 2147483648 is more than a timer can wait/],
    [{ handshakeTimeoutMs: -1 }, /handshakeTimeoutMs: -1/],
  ];
  it.each(wrong)('refuses %j', (options, expected) => {
    expect(() => WebSocketSecurityModule.forRoot(options as WebSocketSecurityOptions)).toThrow(expected);
  });
});

describe.each(PLATFORMS)('wiring on %s', (platform) => {
  it('stops an app that has gateways and does not import the module', async () => {
    const boot = bootApp({
      platform,
      providers: [ChatGateway, NoteOwnership],
      security: { bootAudit: 'enforce' },
      prepare: (app) => void secureApp(app).useWebSocketAdapter(new WsAdapter(app)),
    });
    const error: unknown = await boot.then(
      (app) => app.close(),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(BootAuditError);
    expect((error as BootAuditError).findings).toEqual([
      expect.objectContaining({
        id: 'inventory/unsupported-transport',
        severity: 'error',
        where: 'ChatGateway',
        fix: expect.stringContaining('WebSocketSecurityModule.forRoot()'),
      }),
    ]);
  });

  it('stops an app that imports the module and leaves the adapter as it is', async () => {
    const boot = bootApp({
      platform,
      imports: [WebSocketSecurityModule.forRoot()],
      providers: [ChatGateway, NoteOwnership],
      prepare: (app) => void secureApp(app).useWebSocketAdapter(new WsAdapter(app)),
    });
    expect(await message(boot)).toMatch(/secureWebSockets was not called, and ChatGateway takes connections/);
  });

  it('wants secureApp() first, the module, one call, and an adapter of this app', async () => {
    const imports = [WebSocketSecurityModule.forRoot()];
    const providers = [ChatGateway, NoteOwnership];
    const boot = (prepare: (app: INestApplication) => unknown, withModule = true) =>
      message(bootApp({ platform, providers, prepare, ...(withModule && { imports }) }));
    expect(await boot((app) => secureWebSockets(app, new WsAdapter(app)))).toMatch(/Call secureApp\(app\) before/);
    expect(await boot((app) => secureWebSockets(secureApp(app), new WsAdapter(app)), false)).toMatch(/is not imported/);
    expect(await boot((app) => secureWebSockets(secureApp(app), new WsAdapter()))).toMatch(/another server/);
    expect(
      await boot((app) => secureWebSockets(secureWebSockets(secureApp(app), new IoAdapter(app)), new WsAdapter(app))),
    ).toMatch(/called twice/);
  });

  it('leaves an app without gateways alone', async () => {
    expect(await message(bootApp({ platform, imports: [WebSocketSecurityModule.forRoot()] }))).toBe('It booted.');
  });
});

describe.each(ALL)('gateways of $library on $platform', (where) => {
  const boot = (gateway: new () => object) => message(bootSockets({ ...where, providers: [gateway] }));

  it('stops at a port of its own, and at long polling', async () => {
    @WebSocketGateway(8099)
    class OwnPort {}
    expect(await boot(OwnPort)).toMatch(/@WebSocketGateway\(\): 8099 is a port of its own/);
    @WebSocketGateway({ transports: ['polling', 'websocket'] })
    class Polling {}
    expect(await boot(Polling)).toMatch(/transports: a list of 2 has more than "websocket"/);
    const recovering = { path: '/chat', connectionStateRecovery: {} };
    @WebSocketGateway(recovering)
    class Recovering {}
    expect(await boot(Recovering)).toMatch(/connectionStateRecovery: an object gives the rooms/);
  });

  it('stops at what cannot be asked of a message', async () => {
    @WebSocketGateway({ path: '/a' })
    class SignedGateway {
      @SubscribeMessage('a')
      @Authenticate('signature')
      a() {}
    }
    expect(await boot(SignedGateway)).toMatch(/SignedGateway\.a: "signature" signs one request/);
    @WebSocketGateway({ path: '/b' })
    class OnceGateway {
      @SubscribeMessage('b')
      @SensitiveFlow('pay', { idempotencyKey: true })
      b() {}
    }
    expect(await boot(OnceGateway)).toMatch(/needs a header per call/);
    @WebSocketGateway({ path: '/c' })
    class ContradictoryGateway {
      @SubscribeMessage('c')
      @Roles('nobody-has-this')
      c() {}
    }
    expect(
      await message(
        bootSockets({ ...where, providers: [ContradictoryGateway], security: { roles: { hierarchy: { admin: [] } } } }),
      ),
    ).toMatch(/nobody-has-this/);
  });
});

describe('message handlers of microservices', () => {
  const finding = async (controller: new () => object): Promise<unknown> => {
    const boot = bootApp({
      controllers: [controller],
      security: { bootAudit: 'enforce' },
      prepare: (app) => secureApp(app),
    });
    return boot.then(
      async (app) => (await app.close(), 'It booted.'),
      (error: unknown) => (error as BootAuditError).findings.map(({ id, where }) => `${id} ${where}`),
    );
  };

  it('are a finding, unless each is open on purpose', async () => {
    @Controller()
    class ClosedMessages {
      @MessagePattern('sum')
      @Public('only the broker reaches it')
      sum(_numbers: number[]) {}
      @EventPattern('paid')
      @Roles('admin')
      paid(_order: object) {}
    }
    expect(await finding(ClosedMessages)).toEqual(['inventory/message-handler ClosedMessages.paid']);
    @Controller()
    @Public('only the broker reaches it')
    class OpenMessages {
      @MessagePattern('sum')
      sum(_numbers: number[]) {}
    }
    expect(await finding(OpenMessages)).toBe('It booted.');
  });
});

describe('what nobody would ask of a message of a microservice', () => {
  const boot = (controller: new () => object) => message(bootApp({ controllers: [controller] }));

  it('stops the app where it stands on an open one, or on the class of such', async () => {
    @Controller()
    class LimitedMessages {
      @MessagePattern('sum')
      @Public('only the broker reaches it')
      @RateLimit({ limit: 1, per: 'hour' })
      sum(_numbers: number[]) {}
    }
    expect(await boot(LimitedMessages)).toMatch(
      /LimitedMessages\.sum: what "rate-?limit" asks is never asked of a message/i,
    );
    @Controller()
    @Public('only the broker reaches it')
    @Cost(5)
    class CostlyMessages {
      @EventPattern('paid')
      paid(_order: object) {}
    }
    expect(await boot(CostlyMessages)).toMatch(/CostlyMessages\.paid: what "cost" asks/);
  });

  it('does not where it is meant for routes, or where the message is closed anyway', async () => {
    @Controller('mixed')
    @Public('open')
    @Cost(5)
    class MixedController {
      @Get()
      @Returns(String)
      route() {
        return 'done';
      }
      @MessagePattern('sum')
      sum(_numbers: number[]) {}
    }
    expect(await boot(MixedController)).toBe('It booted.');
    @Controller()
    class ClosedMessages {
      @MessagePattern('sum')
      @Roles('admin')
      @RateLimit({ limit: 1, per: 'hour' })
      sum(_numbers: number[]) {}
    }
    expect(await boot(ClosedMessages)).toBe('It booted.');
  });
});

describe.each(PLATFORMS)('beside somebody else who takes upgrades, on %s', (platform) => {
  it('leaves theirs alone, and answers what nobody takes', async () => {
    const t = await bootSockets({
      library: 'ws',
      platform,
      providers: [LobbyGateway],
      sockets: { handshakeTimeoutMs: 60 },
      prepare: (app) => {
        const theirs = new WebSocketServer({ noServer: true });
        (app.getHttpServer() as Server).on('upgrade', (request, socket, head) => {
          if (request.url !== '/theirs') return;
          theirs.handleUpgrade(request, socket, head, (client) => client.send('{"event":"theirs"}'));
        });
      },
    });
    try {
      const port = Number(new URL(t.url).port);
      expect(await (await openWs(port, { path: '/theirs' })).next()).toEqual({ event: 'theirs' });
      expect((await (await t.open({ path: '/lobby' })).ask('hello')).data).toBe('stranger');
      expect((await refusalOf(openWs(port, { path: '/nobody' }))).status).toBe(404);
    } finally {
      await t.close();
    }
  });
});
