/** Zombie routes: what was announced to end is called on, spelt differently, or asked what it used to know. */

import { Controller, Get, Injectable, Param, type INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Deprecated,
  Deprecations,
  OwnedBy,
  Public,
  Returns,
  Roles,
  secureApp,
  type Ownership,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

const GONE = { since: '2025-01-01', sunset: '2025-06-01', successor: '/v2/notes/:id' };

@Injectable()
class NoteOwnership implements Ownership<{ owner: string }> {
  static loaded = 0;
  load(id: string) {
    NoteOwnership.loaded++;
    return id === 'mine' ? { owner: 'alice' } : id === 'yours' ? { owner: 'bob' } : undefined;
  }
  ownerOf({ owner }: { owner: string }) {
    return owner;
  }
}

let ran = 0;

@Controller()
class ZombieController {
  @Get('v1/notes/:id')
  @OwnedBy(NoteOwnership)
  @Deprecated(GONE)
  @Returns(String)
  note() {
    ran++;
    return 'note';
  }

  @Get('v1/audit/:id')
  @Roles('admin')
  @Deprecated(GONE)
  @Returns(String)
  audit() {
    ran++;
    return 'audit';
  }

  @Get('v1/open/:id')
  @Public('tests')
  @Deprecated(GONE)
  @Returns(String)
  open(@Param('id') id: string) {
    ran++;
    return id;
  }
}

describe.each(PLATFORMS)('a route after its sunset on %s', (platform) => {
  let t: TestApp;
  let alice: string;
  beforeAll(async () => {
    alice = await tokenFor('alice', { roles: ['user'] });
    t = await bootApp({
      platform,
      controllers: [ZombieController],
      providers: [NoteOwnership],
      prepare: (app: INestApplication) => secureApp(app),
    });
  });
  beforeEach(() => {
    ran = 0;
    NoteOwnership.loaded = 0;
  });
  afterAll(() => t.close());

  it.each(['/v1/open/1', '/v1/open/1/', '/v1/%6Fpen/1', '/v1/open/1?_method=POST', '/v1/open/1?grace=true'])(
    'runs nothing behind %s',
    async (path) => {
      expect([410, 404]).toContain((await t.send(`GET ${path}`)).status);
      expect(ran).toBe(0);
    },
  );

  it.each([
    ['HEAD', {}],
    ['GET', { accept: 'text/html' }],
    ['GET', { 'x-http-method-override': 'POST' }],
    ['GET', { date: 'Wed, 01 Jan 2025 00:00:00 GMT' }],
    ['GET', { 'if-modified-since': 'Wed, 01 Jan 2025 00:00:00 GMT', 'if-none-match': '*' }],
  ])('runs nothing for %s with %o', async (method, headers) => {
    expect((await t.send(`${method} /v1/open/1`, { headers })).status).toBe(410);
    expect(ran).toBe(0);
  });

  it('tells a stranger no more than before: the same 401, without a word of its end', async () => {
    for (const path of ['/v1/notes/mine', '/v1/audit/1']) {
      const { status, headers, text } = await t.send(`GET ${path}`);
      expect(status).toBe(401);
      expect(headers).not.toHaveProperty('deprecation');
      expect(headers).not.toHaveProperty('sunset');
      expect(headers).not.toHaveProperty('link');
      expect(text).not.toMatch(/sunset|v2/);
    }
  });

  it('tells a caller without the role no more than before: the same 403', async () => {
    const { status, headers, text } = await t.send('GET /v1/audit/1', { token: alice });
    expect(status).toBe(403);
    expect(headers).not.toHaveProperty('link');
    expect(text).not.toMatch(/sunset|v2/);
    const admin = await tokenFor('ada', { roles: ['admin'] });
    expect((await t.send('GET /v1/audit/1', { token: admin })).status).toBe(410);
  });

  it('is no oracle for objects: mine, yours and missing are one 410, and nothing is loaded', async () => {
    const answers = await Promise.all(
      ['mine', 'yours', 'none'].map(async (id) => {
        const { status, body } = await t.send(`GET /v1/notes/${id}`, { token: alice });
        return { status, ...body, successor: undefined };
      }),
    );
    expect(answers[0]).toMatchObject({ status: 410, sunset: '2025-06-01' });
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
    expect(NoteOwnership.loaded).toBe(0);
  });

  it('puts nothing of the client into its headers but one segment of a path', async () => {
    const { status, headers } = await t.send('GET /v1/open/a%0D%0ASet-Cookie:%20b=c%3E%22,%3Cx');
    expect(status).toBe(410);
    expect(headers).not.toHaveProperty('set-cookie');
    expect(headers['link']).toBe('</v2/notes/a%0D%0ASet-Cookie%3A%20b%3Dc%3E%22%2C%3Cx>; rel="successor-version"');
  });

  it('is not filled up by strangers: who calls with credentials stays on the list', async () => {
    await t.send('GET /v1/notes/mine', { token: alice });
    const long = await tokenFor('x'.repeat(3000), { iat: START_MS / 1000 });
    await t.send('GET /v1/notes/mine', { token: long });
    for (let each = 1; each < 60; each++) await t.send('GET /v1/open/1', { from: `127.0.1.${each}` });
    const callers = t.app.get(Deprecations).callers();
    expect(callers.some(({ id, kind }) => id === 'alice' && kind === 'principal')).toBe(true);
    expect(Math.max(...callers.map(({ id }) => id.length))).toBe(128);
  });
});
