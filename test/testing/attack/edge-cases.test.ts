/** Methods, hosts, origins and unknown routes: the attack finds what is open, and says nothing of what is not. */

import { Body, Controller, Delete, Get, Header, Param, Post, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { describe, expect, it } from 'vitest';
import { Public, Returns, secureApp } from '../../../lib/index.js';
import { PLATFORMS, type TestAppInit } from '../../app.js';
import { attacked } from './attacked.js';

class NoteView {
  id!: string;
  text!: string;
}

@Controller('notes')
class NotesController {
  @Get(':id')
  @Returns(NoteView)
  find(@Param('id') id: string) {
    return { id, text: 'milk' };
  }

  @Delete(':id')
  @Returns(NoteView)
  remove(@Param('id') id: string) {
    return { id, text: 'gone' };
  }

  @Post()
  @Returns(NoteView)
  add(@Body() _body: object) {
    return { id: '1', text: 'milk' };
  }
}

interface Req {
  readonly headers: Readonly<Record<string, string>>;
}

class LinkView {
  next!: string;
}

@Controller('links')
class LinksController {
  @Get()
  @Public('for tests')
  @Returns(LinkView)
  list(@Req() { headers }: Req) {
    return { next: `https://${headers['x-forwarded-host'] ?? headers['host']}/links?page=2` };
  }
}

const ORIGIN = 'https://app.example.com';
const ONLY = ['method/', 'host/', 'cors/', 'app/', 'exposure/', 'answer/headers', 'answer/internals', 'answer/server'];
const principals = { alice: { id: '7' } };
const hosts = ['localhost'];

const sound = (platform: (typeof PLATFORMS)[number]): TestAppInit => ({
  platform,
  controllers: [NotesController],
  prepare: (app) => secureApp(app, { hosts, origins: [ORIGIN] }),
});

describe.each(PLATFORMS)('attacks on the edge (%s)', (platform) => {
  it('reports nothing of an app whose edge is closed', async () => {
    const { broken, report, at } = await attacked(sound(platform), { principals, only: ONLY });
    expect(broken).toEqual([]);
    expect(at('GET /notes/:id', 'method/override')).toBe('held');
    expect(at('GET /notes/:id', 'method/unlisted')).toBe('held');
    expect(at('GET /notes/:id', 'host/unknown')).toBe('held');
    expect(at('the app', 'app/unknown-route')).toBe('held');
    expect(at('GET /notes/:id', 'cors/look-alike')).toBe('held');
    expect(report.held).toBeGreaterThan(20);
  });

  it('finds every header and the plain 404 missing where secureApp() was forgotten', async () => {
    const { broken, at } = await attacked({ platform, controllers: [NotesController] }, { principals, only: ONLY });
    expect(at('GET /notes/:id', 'answer/headers')).toContain(
      'X-Content-Type-Options: nosniff, Content-Security-Policy',
    );
    expect(at('the app', 'app/unknown-route')).toContain('headers are missing');
    expect(at('GET /notes/:id', 'cors/look-alike')).toBe('held');
    if (platform === 'express') expect(broken.join('\n')).toContain('X-Powered-By: Express');
  });

  it('asks for no header that the app switched off in its own options', async () => {
    const headers = { xFrameOptions: false, strictTransportSecurity: false } as const;
    const prepare: TestAppInit['prepare'] = (app) => secureApp(app, { hosts, headers });
    const { broken } = await attacked({ ...sound(platform), prepare }, { principals, only: ONLY });
    expect(broken).toEqual([]);
  });

  it('finds origins that are compared by their end, by their beginning, or not at all', async () => {
    const mirrors: Readonly<Record<string, (origin: string) => boolean>> = {
      'https://evil.example': () => true,
      'https://evilapp.example.com': (origin) => origin.endsWith('app.example.com'),
      'https://app.example.com.evil.example': (origin) => origin.startsWith(ORIGIN),
      'http://app.example.com': (origin) => /^https?:\/\/app\.example\.com$/.test(origin),
      null: (origin) => origin === 'null',
    };
    for (const [found, takes] of Object.entries(mirrors)) {
      const prepare: TestAppInit['prepare'] = (app) => {
        secureApp(app, { hosts });
        app.enableCors({
          origin: (origin: string | undefined, done: (e: null, yes: boolean) => void) =>
            done(null, takes(origin ?? '')),
        });
      };
      const options = { principals, origin: ORIGIN, only: ['GET /notes cors/look-alike'] };
      const { at } = await attacked({ ...sound(platform), prepare }, options);
      expect(at('GET /notes/:id', 'cors/look-alike'), found).toMatch(/^broken: pages of /);
    }
  });

  it('finds a star on what is not public, and none on what is', async () => {
    @Controller('stars')
    class StarsController {
      @Get('closed')
      @Header('Access-Control-Allow-Origin', '*')
      @Returns(NoteView)
      closed() {
        return { id: '1', text: 'mine' };
      }

      @Get('open')
      @Public('for everybody')
      @Header('Access-Control-Allow-Origin', '*')
      @Returns(NoteView)
      open() {
        return { id: '1', text: "everybody's" };
      }
    }
    const { broken } = await attacked(
      { ...sound(platform), controllers: [StarsController] },
      { principals, only: ['cors/'] },
    );
    expect(broken).toEqual(['GET /stars/closed cors/wildcard: every page may read it (*)']);
  });

  it('finds hosts that are believed, where the app lists none', async () => {
    const init: TestAppInit = { platform, controllers: [LinksController], prepare: (app) => secureApp(app) };
    const { at } = await attacked(init, { principals, only: ['host/'] });
    expect(at('GET /links', 'host/unknown')).toBe('broken: the foreign host comes back in the body');
    expect(at('GET /links', 'host/forwarded')).toBe('broken: the claimed host comes back in the body');
  });

  it('finds a list of hosts that nobody enforces', async () => {
    const init: TestAppInit = { platform, controllers: [NotesController], security: { edge: { hosts } } };
    const { at } = await attacked(init, { principals, only: ['host/unknown'] });
    expect(at('GET /notes/:id', 'host/unknown')).toBe('broken: expected 400 or 421, got 200');
  });

  it('finds routes on the adapter that nothing stands before', async () => {
    const prepare: TestAppInit['prepare'] = (app) => {
      secureApp(app, { hosts });
      const adapter = app.getHttpAdapter();
      adapter.get('/debug', (_request: unknown, response: { send?(body: string): void; end?(body: string): void }) => {
        response.send!('all of it');
      });
    };
    const { at } = await attacked({ ...sound(platform), prepare }, { principals, only: ['exposure/'] });
    expect(at('GET /debug', 'exposure/unguarded')).toContain(
      'broken: nothing stands before it: put on the HTTP adapter',
    );
    expect(at('GET /notes/:id', 'exposure/unguarded')).toBeUndefined();
  });
});

describe('attacks on the edge, by middleware of Express', () => {
  const behind = (use: (app: NestExpressApplication) => void): TestAppInit => ({
    ...sound('express'),
    prepare: (app) => {
      secureApp(app, { hosts });
      use(app as NestExpressApplication);
    },
  });
  type Handler = (
    request: { method: string; url: string; query: Record<string, string>; headers: Record<string, string> },
    response: { end(text: string): void; status(code: number): { type(type: string): { send(text: string): void } } },
    next: (error?: unknown) => void,
  ) => void;

  it.each([
    ['a header', (request) => request.headers['x-http-method-override']],
    ['a parameter', (request) => request.query['_method']],
  ] as [string, (request: Parameters<Handler>[0]) => string | undefined][])(
    'finds that %s makes another method of a call',
    async (_, methodOf) => {
      const override: Handler = (request, _response, next) => {
        request.method = methodOf(request) ?? request.method;
        next();
      };
      const { at } = await attacked(
        behind((app) => app.use(override)),
        { principals, only: ['method/override'] },
      );
      expect(at('GET /notes/:id', 'method/override')).toBe('broken: it was taken for PUT: 401 became 404');
      expect(at('POST /notes', 'method/override')).toBe('broken: it was taken for DELETE: 401 became 404');
    },
  );

  it('finds what answers every method, and what sends a request back', async () => {
    const echo: Handler = (request, response, next) =>
      request.url.startsWith('/notes') && request.method !== 'GET'
        ? response.end(JSON.stringify(request.headers))
        : next();
    // Before the edge, as whoever puts a server in front of the app would.
    const prepare: TestAppInit['prepare'] = (app) => (app as NestExpressApplication).use(echo);
    const { at } = await attacked({ ...sound('express'), prepare }, { principals, only: ['method/'] });
    expect(at('GET /notes/:id', 'method/unlisted')).toBe('broken: expected 401, 404 or 405 to PUT, got 200');
    expect(at('GET /notes/:id', 'method/trace')).toBe('broken: the request came back as it was sent');
  });

  it('finds an unknown route that answers a page with the path in it', async () => {
    const page: Handler = (request, response) =>
      response
        .status(404)
        .type('text/html')
        .send(`Cannot ${request.method} ${decodeURIComponent(request.url)}`);
    const init = behind((app) => app.use('/attack-kit-1', page));
    const { at } = await attacked(init, { principals, only: ['app/'] });
    expect(at('the app', 'app/unknown-route')).toContain('broken: the answer is text/html');
  });
});
