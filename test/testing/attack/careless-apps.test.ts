/** Holes that a handler makes behind sound decorators: each is found, and its sound twin is not. */

import { Body, Controller, Get, Headers, Param, Patch, Post, Query, Redirect, Req, Res } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsOptional, IsString, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { OwnedBy, Public, Roles, secureApp, type Ownership } from '../../../lib/index.js';
import type { AttackOptions } from '../../../lib/testing/index.js';
import { PLATFORMS, type TestAppInit } from '../../app.js';
import { attacked } from './attacked.js';
import { carelessly } from './carelessly.js';

const NOTES = [
  { id: 'note-of-alice', owner: 'alice' },
  { id: 'note-of-bob', owner: 'bob' },
];

class Notes implements Ownership<(typeof NOTES)[number]> {
  load = (id: string) => NOTES.find((note) => note.id === id);
  ownerOf = (note: (typeof NOTES)[number]) => note.owner;
}

class Link {
  @IsString()
  url!: string;
}

class Profile {
  @ValidateNested()
  @Type(() => Link)
  link!: Link;
}

class Choice {
  @IsOptional()
  @IsString()
  noteId?: string;
}

interface Sender {
  header(name: string, value: unknown): Sender;
  status(code: number): Sender;
  send(body: object): void;
}

@Controller('careless')
class CarelessController {
  @Get('unowned/:id')
  unowned(@Param('id') id: string) {
    return { id };
  }

  @Get('notes/:id')
  @OwnedBy(Notes)
  note(@Param('id') id: string, @Query('userId') userId: string | undefined, @Res() response: Sender) {
    response.send(NOTES.find((note) => note.id === (userId ?? id)) ?? {});
  }

  @Patch('notes/:id')
  @OwnedBy(Notes)
  choose(@Param('id') id: string, @Body() { noteId }: Choice, @Res() response: Sender) {
    response.send({ id: noteId ?? id });
  }

  @Post('profile')
  @Public('for tests')
  profile(@Body() { link }: Profile) {
    if (link) setTimeout(() => void fetch(link.url).catch(() => undefined), 50);
    return { kept: true };
  }

  @Get('out')
  @Public('for tests')
  @Redirect()
  out(@Query('dest') dest = '/') {
    return { url: dest, statusCode: 302 };
  }

  @Get('cookie')
  @Public('for tests')
  cookie(@Res() response: Sender) {
    response.header('set-cookie', 'sid=0123456789abcdef; Path=/').send({});
  }

  @Get('kept')
  @Public('for tests')
  kept(@Res() response: Sender) {
    const cookies = [
      'sid=0123456789; Secure; HttpOnly; SameSite=Lax',
      'XSRF-TOKEN=x; Secure; SameSite=Strict',
      'old=; Max-Age=0',
    ];
    response.header('set-cookie', cookies).send({});
  }

  @Get('location')
  @Public('for tests')
  location(@Res() response: Sender) {
    response.header('location', 'https://app.example.com/#access_token=0123456789abcdef').status(302).send({});
  }

  @Get('secrets/:what')
  @Public('for tests')
  secrets(@Param('what') _what: string, @Req() _request: object, @Res() response: Sender) {
    response.status(404).send({ debug: { awsKey: 'AKIAIOSFODNN7EXAMPLE' } });
  }

  @Get('dsn')
  @Public('for tests')
  dsn(@Res() response: Sender) {
    response.send({ db: 'postgres://app:hunter2@db/prod' });
  }

  @Get('staff')
  @Roles('admin')
  staff() {
    return { ok: true };
  }

  @Get('me')
  me(@Headers('x-user-id') user?: string) {
    return { user };
  }
}

const init = (platform: TestAppInit['platform']): TestAppInit => ({
  platform,
  controllers: [CarelessController],
  providers: [Notes],
  prepare: (app) => secureApp(app),
});
const PRINCIPALS = { alice: { id: 'alice', roles: ['user'] }, bob: { id: 'bob', roles: ['user'] } };
const OBJECT = { own: { params: { id: 'note-of-alice' } }, foreign: { params: { id: 'note-of-bob' } } };

describe.each(PLATFORMS)('an app that is careless on %s', (platform) => {
  const whyAt = async (endpoint: string, id: string, more: AttackOptions = {}) => {
    const { at } = await attacked(init(platform), { principals: PRINCIPALS, only: [endpoint], ...more });
    return at(endpoint, id);
  };

  it('is told where nobody said whose objects these are', async () => {
    expect(await whyAt('GET /careless/unowned/:id', 'object/foreign')).toContain(
      'not-tried: no ownership is declared for the path parameter id',
    );
  });

  it('is found to read an id from the query, behind a check of the path', async () => {
    const fixtures = { 'GET /careless/notes/:id': OBJECT };
    expect(await whyAt('GET /careless/notes/:id', 'object/foreign', { fixtures })).toContain('by ids in the query');
  });

  it('is found to read an id from the body, behind a check of the path', async () => {
    const fixtures = { 'PATCH /careless/notes/:id': { ...OBJECT, own: { ...OBJECT.own, body: {} } } };
    expect(await whyAt('PATCH /careless/notes/:id', 'object/foreign', { fixtures })).toContain('by ids in the body');
  });

  it('is found to call what a nested field says, after its answer', async () => {
    expect(await whyAt('POST /careless/profile', 'ssrf/loopback')).toContain('broken');
  });

  it('is found to lead wherever a query says', async () => {
    expect(await whyAt('GET /careless/out', 'ssrf/loopback')).toContain('"dest" decides where the answer leads');
  });

  it('is found to set cookies that scripts read, and not to set sound ones', async () => {
    expect(await whyAt('GET /careless/cookie', 'answer/cookies')).toBe(
      'broken: the cookie sid is set without Secure, SameSite, HttpOnly',
    );
    expect(await whyAt('GET /careless/kept', 'answer/cookies')).toBe('held');
  });

  it.each([
    ['GET /careless/location', 'a token is in the Location'],
    ['GET /careless/secrets/:what', 'an access key of a cloud is in the answer, in awsKey'],
    ['GET /careless/dsn', 'a URL with a password is in the answer, in db'],
  ])('is found to tell secrets: %s', async (endpoint, why) => {
    expect(await whyAt(endpoint, 'answer/secrets')).toContain(`broken: ${why}`);
  });
});

describe('a judge of tokens that is careless', () => {
  const SECRETLY = ['GET /careless/me', 'GET /careless/staff roles/'];
  it.each<[what: string, id: string, judge: Parameters<typeof carelessly>[1]]>([
    ['alg NONE', 'token/alg-none', ({ header }) => header.alg === 'NONE'],
    ['a signature of zeros', 'token/tampered', ({ token }) => /\.A+$/.test(token)],
    ['two parts', 'token/tampered', ({ token }) => token.split('.').length === 2],
    ['four parts', 'token/tampered', ({ token }) => token.split('.').length === 4],
    ['exp 0', 'token/expired', ({ claims }) => claims.exp === 0],
    ['an exp that is text', 'token/expired', ({ claims }) => typeof claims.exp === 'string'],
    ['a number as sub', 'token/incomplete', ({ claims }) => typeof claims.sub === 'number'],
    ['crit', 'token/wrong-type', ({ header }) => 'crit' in header],
  ])('is found to take %s', async (_what, id, judge) => {
    const { at } = await attacked(init('express'), { principals: PRINCIPALS, only: SECRETLY }, ({ app }) =>
      carelessly(app, judge),
    );
    expect(at('GET /careless/me', id)).toContain('broken');
  });

  it.each<[what: string, roles: readonly string[]]>([
    ['capitals', ['ADMIN']],
    ['a beginning', ['admin2']],
    ['a blank', [' admin']],
  ])('is found to take a role by %s', async (_what, roles) => {
    const { at } = await attacked(init('express'), { principals: PRINCIPALS, only: SECRETLY }, ({ app }) =>
      carelessly(app, ({ claims }) => {
        if (!roles.some((role) => claims.roles?.includes(role))) return false;
        claims.roles = ['admin'];
        return true;
      }),
    );
    expect(at('GET /careless/staff', 'roles/below')).toContain('suffices: expected 403, got 200');
  });
});

describe.each(PLATFORMS)('what a caller says of themselves on %s', (platform) => {
  it('is believed by a careless app, and found', async () => {
    const believing: TestAppInit = {
      ...init(platform),
      prepare: (app) => {
        secureApp(app);
        app.use((request: Asked, _response: object, next: () => void) => {
          const isTrusted = request.headers['x-internal'] === '1' || request.url.includes('admin=true');
          if (isTrusted) request.url = '/careless/kept';
          next();
        });
      },
    };
    const only = ['GET /careless/me credential/none', 'GET /careless/staff'];
    const { at } = await attacked(believing, { principals: PRINCIPALS, only });
    if (platform === 'express') {
      expect(at('GET /careless/me', 'credential/none')).toContain('broken: headers that say who calls');
      expect(at('GET /careless/staff', 'roles/below')).toContain('broken: headers that say who calls');
    }
    const sound = await attacked(init(platform), { principals: PRINCIPALS, only });
    expect(sound.at('GET /careless/me', 'credential/none')).toBe('held');
    expect(sound.at('GET /careless/staff', 'roles/below')).toBe('held');
  });
});

interface Asked {
  url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}
