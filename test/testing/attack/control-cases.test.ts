/** Does the kit see whom an app refuses that it should not, and answers that say nothing? */

import type { RequestListener, Server } from 'node:http';
import { Controller, ForbiddenException, Get, Param, Post, Redirect, Req, type INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { CurrentPrincipal, Public, Returns, Roles, secureApp, type Principal } from 'nestjs-bulwark';
import type { AttackOptions } from 'nestjs-bulwark/testing';
import { PLATFORMS, type Platform } from '../../app.js';
import { attacked } from './attacked.js';

class ThingView {
  id!: string;
}

@Controller('sound')
class Sound {
  @Get('things/:id')
  @Returns(ThingView)
  find(@Param('id') id: string): ThingView {
    return { id };
  }

  @Get('house')
  @Roles('user')
  @Returns(ThingView)
  house(): ThingView {
    return { id: 'house' };
  }
}

@Controller('broken')
class Broken {
  /** The loader was taken away, and nobody noticed. */
  @Get('things/:id')
  @Returns(ThingView)
  find(): ThingView | undefined {
    return undefined;
  }

  @Get('old/:id')
  @Returns(ThingView)
  moved(): ThingView {
    throw new ForbiddenException();
  }

  /** Written before there was a hierarchy. */
  @Get('house')
  @Roles('user')
  @Returns(ThingView)
  house(@CurrentPrincipal() { roles }: Principal): ThingView {
    if (!roles.includes('user')) throw new ForbiddenException();
    return { id: 'house' };
  }

  /** What stands in the URL is decoded by hand. */
  @Get('search')
  @Public()
  search(@Req() { url }: { readonly url: string }) {
    return { asked: decodeURIComponent(url).length };
  }

  @Get('moved')
  @Public()
  @Redirect('/login')
  movedToLogin() {
    return undefined;
  }

  @Post('echo')
  @Public()
  echo() {
    return {};
  }
}

const thing = { own: { params: { id: 'thing-one' } }, shows: ['thing-one'] };
const OPTIONS: AttackOptions = {
  principals: { alice: { id: 'alice', roles: ['user'] }, ada: { id: 'ada', roles: ['admin'] } },
  fixtures: {
    'GET /sound/things/:id': thing,
    'GET /sound/house': { allow: ['alice', 'ada'] },
    'GET /broken/things/:id': thing,
    'GET /broken/old/:id': thing,
    'GET /broken/house': { allow: ['alice', 'ada'] },
    'POST /broken/echo': { own: { body: { text: 'a' } } },
  },
  only: ['control/', 'access/', 'roles/', 'GET /broken/search input/'],
};

const init = (platform: Platform) => ({
  platform,
  controllers: [Sound, Broken],
  security: { roles: { hierarchy: { admin: ['user'], user: [] } } },
  prepare: secureApp,
});

describe.each(PLATFORMS)('good calls on %s', (platform) => {
  it('are found to be answered with nothing, refused, and to fail', async () => {
    const { at, broken } = await attacked(init(platform), OPTIONS);
    expect(broken.filter((line) => line.includes('/sound/'))).toEqual([]);
    expect(at('GET /sound/things/:id', 'control/good-call')).toBe('held');
    expect(at('GET /sound/house', 'roles/above')).toBe('held');
    expect(at('GET /sound/house', 'access/allowed')).toBe('held');
    expect(at('GET /broken/things/:id', 'control/good-call')).toBe('broken: the answer does not show "thing-one"');
    expect(at('GET /broken/old/:id', 'control/good-call')).toBe('broken: expected an answer, got 403');
    expect(at('GET /broken/moved', 'control/good-call')).toContain('not-tried: a call is sent elsewhere (302)');
    expect(at('GET /broken/house', 'roles/above')).toBe('broken: expected to get in, got 403');
    expect(at('GET /broken/house', 'access/allowed')).toBe('broken: expected ada to get in, got 403');
    expect(at('GET /broken/search', 'input/odd-query')).toBe('broken: expected no failure, got 500');
  });
});

describe('a fixture', () => {
  it.each([
    [[], 'attack.fixtures["GET /sound/things/:id"].shows'],
    ['thing', 'is not a non-empty list of strings'],
  ])('shows texts, and not %j', async (shows, message) => {
    const fixtures = { 'GET /sound/things/:id': { shows: shows as never } };
    await expect(attacked(init('express'), { fixtures })).rejects.toThrow(message);
  });

  it('that makes no sense, once it is made, is told with its case and endpoint, and ends the attack', async () => {
    const fixtures = { 'GET /sound/house': () => ({ shows: 'house' as never }) };
    const failed = attacked(init('express'), { fixtures, only: ['GET /sound/house roles/'] });
    await expect(failed).rejects.toThrow(
      'attack: roles/below failed at GET /sound/house, by no fault of the app: attack.fixtures["GET /sound/house"].shows',
    );
    await expect(failed).rejects.toMatchObject({ cause: expect.any(TypeError) as unknown });
  });
});

/** In front of the app, whatever it would say: it has been answered before anything is read. */
function answersPosts(app: INestApplication): void {
  const server = app.getHttpServer() as Server;
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (request.method !== 'POST') return listeners.forEach((listen) => listen(request, response));
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end('{}');
  });
}

describe('a body that something else reads before the app does', () => {
  it.each(PLATFORMS)('is found to be taken whatever it is: %s', async (platform) => {
    const only = ['POST /broken/echo input/'];
    const { at } = await attacked(init(platform), { ...OPTIONS, only }, ({ app }) => answersPosts(app));
    expect(at('POST /broken/echo', 'input/malformed')).toContain('broken: a body that is no JSON');
    expect(at('POST /broken/echo', 'input/content-type')).toBe('broken: expected 415 for text/plain, got 201');
    expect(at('POST /broken/echo', 'input/deep')).toContain('broken');
    expect(at('POST /broken/echo', 'input/huge')).toContain('broken: expected 413');
  });
});
