/** The attack does no harm: it calls the app and nothing else, comes to an end, and gives everything back. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Res, Sse } from '@nestjs/common';
import { interval, map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { CLOCK, type Clock } from '../../../lib/core/clock.js';
import { attack, type AttackOptions } from '../../../lib/testing/index.js';
import { bootApp, PLATFORMS, type Platform, type TestApp } from '../../app.js';
import { told } from './attacked.js';

@Controller('safe')
class SafeController {
  @Get()
  find() {
    return { id: 'x' };
  }
}

@Controller('endless')
class EndlessController {
  @Sse('events')
  events() {
    return interval(20).pipe(map((n) => ({ data: { n } })));
  }

  @Get('bytes')
  bytes(@Res({ passthrough: false }) response: Raw) {
    const raw = response.raw ?? response;
    if (response.raw !== undefined) response.hijack?.();
    raw.writeHead(200, { 'content-type': 'text/plain' });
    const more = (): void => {
      if (raw.destroyed || raw.closed) return;
      if (raw.write(Buffer.alloc(256 * 1024))) setImmediate(more);
      else raw.once('drain', more);
    };
    more();
  }

  @Get('hangs')
  hangs(@Res({ passthrough: false }) response: Raw) {
    response.hijack?.();
  }

  @Get('no-http')
  noHttp(@Res({ passthrough: false }) response: Raw) {
    const raw = response.raw ?? response;
    response.hijack?.();
    raw.socket!.end('no http at all\r\n\r\n');
  }
}

type Raw = import('node:http').ServerResponse & { raw?: import('node:http').ServerResponse; hijack?(): void };

const PRINCIPALS = { alice: { id: 'alice' } };

async function withApp(
  controller: new () => object,
  run: (test: TestApp) => Promise<void>,
  platform: Platform = 'express',
) {
  const test = await bootApp({ platform, controllers: [controller as never] });
  try {
    await run(test);
  } finally {
    await test.close();
  }
}

describe('the attack calls the app only', () => {
  it('where it listens on ::1, and never a neighbour on the same port of 127.0.0.1', async () => {
    await withApp(SafeController, async ({ app }) => {
      let hits = 0;
      const neighbour = createServer((_request, response) => {
        hits++;
        response.end();
      });
      await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve));
      const { port } = neighbour.address() as AddressInfo;
      const server = app.getHttpServer() as import('node:http').Server;
      await new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => server.listen(port, '::1', resolve));
      const { at } = told(await attack(app, { principals: PRINCIPALS, only: ['GET /safe control/'] }));
      neighbour.close();
      expect(hits).toBe(0);
      expect(at('GET /safe', 'control/good-call')).toBe('held');
    });
  });

  it('where it listens on another address of this machine', async () => {
    await withApp(SafeController, async ({ app }) => {
      const server = app.getHttpServer() as import('node:http').Server;
      await new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.9', resolve));
      const { at } = told(await attack(app, { principals: PRINCIPALS, only: ['GET /safe control/'] }));
      expect(at('GET /safe', 'control/good-call')).toBe('held');
    });
  });
});

describe.each(PLATFORMS)('the attack ends on %s', (platform) => {
  it.each([
    ['events', 'held'],
    ['bytes', 'held'],
  ])('where an answer does not: %s', async (path, outcome) => {
    await withApp(
      EndlessController,
      async ({ app }) => {
        const only = [`GET /endless/${path} control/`];
        const report = await attack(app, { principals: PRINCIPALS, only, budget: { timeMs: 4_000 } });
        expect(told(report).at(`GET /endless/${path}`, 'control/good-call')).toBe(outcome);
      },
      platform,
    );
  });

  it('with its budget, where there is no answer', async () => {
    await withApp(
      EndlessController,
      async ({ app }) => {
        const options: AttackOptions = {
          principals: PRINCIPALS,
          only: ['GET /endless/hangs'],
          budget: { timeMs: 300 },
        };
        const report = await attack(app, options);
        expect(told(report).at('GET /endless/hangs', 'control/good-call')).toContain('not-tried: the budget of 0.3');
      },
      platform,
    );
  });

  it('with a report, where an answer is no HTTP', async () => {
    await withApp(
      EndlessController,
      async ({ app }) => {
        const only = ['GET /endless/no-http control/', 'GET /endless/events control/'];
        const { at } = told(await attack(app, { principals: PRINCIPALS, only }));
        expect(at('GET /endless/no-http', 'control/good-call')).toContain('broken: the answer cannot be read (HPE_');
        expect(at('GET /endless/events', 'control/good-call')).toBe('held');
      },
      platform,
    );
  });
});

describe('the clock of the app', () => {
  it.each<[what: string, options: object]>([
    ['a principal that proves nothing', { principals: { alice: {} } }],
    ['a fixture of an endpoint that is not there', { principals: PRINCIPALS, fixtures: { 'GET /saef': {} } }],
    ['somebody who looks on and throws', { principals: PRINCIPALS, only: ['GET /safe control/'], onEndpoint: boom }],
  ])('is given back after %s', async (_what, options) => {
    await withApp(SafeController, async ({ app }) => {
      const clock = app.get<Clock>(CLOCK, { strict: false });
      const before = clock.now;
      await attack(app, options as AttackOptions).catch(() => undefined);
      expect(clock.now).toBe(before);
    });
  });

  it('is held by one attack at a time: a second one at once is refused, and one afterwards is not', async () => {
    await withApp(SafeController, async ({ app }) => {
      const clock = app.get<Clock>(CLOCK, { strict: false });
      const before = clock.now;
      const options = { principals: PRINCIPALS, only: ['GET /safe control/'] };
      const first = attack(app, options);
      await expect(attack(app, options)).rejects.toThrow('the app is under attack already');
      await first;
      expect(clock.now).toBe(before);
      expect((await attack(app, options)).held).toBe(1);
    });
  });
});

function boom(): never {
  throw new Error('boom');
}
