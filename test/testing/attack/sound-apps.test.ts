/** Apps that are sound in ways of their own: the attack says nothing is broken there, and what it could not try. */

import {
  Body,
  Catch,
  Controller,
  Get,
  Headers,
  Param,
  Post,
  Query,
  VersioningType,
  type ArgumentsHost,
  type ExceptionFilter,
  type INestApplication,
} from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  CurrentPrincipal,
  perMinute,
  type TokenExtractor,
  RateLimit,
  Roles,
  secureApp,
  type Principal,
} from '../../../lib/index.js';
import { TokenService } from '../../../lib/authentication/jwt/token.service.js';
import { attack, type AttackOptions } from '../../../lib/testing/index.js';
import { bootApp, PLATFORMS, type TestAppInit } from '../../app.js';
import { attacked, told } from './attacked.js';

const PRINCIPALS = { alice: { id: 'alice' }, bob: { id: 'bob' } };

@Controller('t')
class ThingsController {
  @Post('bare')
  @RateLimit(perMinute(3))
  bare() {
    return { done: true };
  }

  @Get('limited')
  @RateLimit(perMinute(3))
  limited() {
    return { done: true };
  }

  @Get('admins')
  @Roles('admin')
  admins() {
    return { done: true };
  }

  @Get('mine')
  mine(@Query('owner') owner: string, @CurrentPrincipal() caller: Principal) {
    return owner === caller.id ? [{ id: 'a-1', owner }] : [];
  }

  @Get('a b')
  blank() {
    return { done: true };
  }

  @Get('über')
  letters() {
    return { done: true };
  }
}

const init = (platform: TestAppInit['platform'], more: Partial<TestAppInit> = {}): TestAppInit => ({
  platform,
  controllers: [ThingsController],
  ...more,
});

describe.each(PLATFORMS)('nothing is broken on %s', (platform) => {
  const only = (...ids: string[]): AttackOptions => ({ principals: PRINCIPALS, only: ids });

  it('where a POST takes no body and has a limit of its own', async () => {
    const { at } = await attacked(init(platform), only('POST /t/bare'));
    expect(at('POST /t/bare', 'limit/burst')).toBe('held');
  });

  it('where everybody may call five times a minute only', async () => {
    const security = { throttling: { tiers: { public: perMinute(5), authenticated: perMinute(5) } } };
    const prepare = (app: INestApplication) => secureApp(app);
    const { broken } = await attacked(init(platform, { security, prepare }), only('GET /t/limited', 'GET /t/admins'));
    expect(broken).toEqual([]);
  });

  it('on the second attack as on the first', async () => {
    const test = await bootApp(init(platform, { prepare: (app) => secureApp(app) }));
    const options = only('GET /t/limited', 'POST /t/bare');
    const verdicts = async () =>
      (await attack(test.app, options)).results.map((each) => `${each.endpoint} ${each.case} ${each.verdict}`);
    const first = await verdicts();
    expect(await verdicts()).toEqual(first);
    expect(first.filter((each) => each.endsWith('broken'))).toEqual([]);
    await test.close();
  });

  it('where somebody else’s list is empty, and it is where that list is not', async () => {
    const own = { query: { owner: 'alice' } };
    const fixtures = { 'GET /t/mine': { own, foreign: { query: { owner: 'bob' } } } };
    const { at } = await attacked(init(platform), { ...only('GET /t/mine object/foreign'), fixtures });
    expect(at('GET /t/mine', 'object/foreign')).toBe('held');
    const open = { 'GET /open': fixtures['GET /t/mine'] };
    const leaking = await attacked(
      { platform, controllers: [LeakingController] },
      { ...only('GET /open object/foreign'), fixtures: open },
    );
    expect(leaking.at('GET /open', 'object/foreign')).toContain('broken: alice asks for what is somebody else');
  });

  it('where the app answers for one host only', async () => {
    const security = { edge: { hosts: ['api.example.com'] } };
    const { at } = await attacked(
      init(platform, { security, prepare: (app) => secureApp(app) }),
      only('GET /t/admins'),
    );
    expect(at('GET /t/admins', 'control/good-call')).toBe('held');
    expect(at('GET /t/admins', 'credential/none')).toBe('held');
  });

  // Express itself does not find such a path, however it is asked for.
  it.skipIf(platform === 'express')('where paths hold letters that are escaped', async () => {
    const prepare = (app: INestApplication) => secureApp(app);
    const { broken, report } = await attacked(init(platform, { prepare }), only('GET /t/a b', 'GET /t/über'));
    expect(broken).toEqual([]);
    expect(report.held).toBeGreaterThan(10);
  });

  it('where a token was given that lacks the role: who has it would help', async () => {
    const test = await bootApp(init(platform));
    const { accessToken } = await test.app.get(TokenService).issue({ id: 'alice' }, { session: false });
    const principals = { alice: { token: accessToken } };
    const { at } = told(await attack(test.app, { principals, only: ['GET /t/admins control/'] }));
    await test.close();
    expect(at('GET /t/admins', 'control/good-call')).toBe(
      'not-tried: no principal has the role admin: one with a `token` that has it would help',
    );
  });

  it('where errors are worded by a filter of the app’s own, unless they tell what they should not', async () => {
    const prepare = (app: INestApplication) => secureApp(app).useGlobalFilters(new OwnFilter());
    const { at } = await attacked(
      init(platform, { prepare }),
      only('GET /t/admins answer/', 'GET /t/admins credential/'),
    );
    expect(at('GET /t/admins', 'answer/internals')).toBe('held');
  });

  it('where the version is read in a way of its own: which header says it would help', async () => {
    const extractor = (request: unknown) => (request as { headers: Record<string, string> }).headers['x-v'] ?? '1';
    const prepare = (app: INestApplication) => app.enableVersioning({ type: VersioningType.CUSTOM, extractor });
    const options = only('GET /versioned');
    const silent = await attacked({ platform, controllers: [VersionedController], prepare }, options);
    expect(silent.at('GET /versioned v2', 'credential/none')).toContain('own.headers would choose it');
    const fixtures = { 'GET /versioned v2': { own: { headers: { 'x-v': '2' } } } };
    const chosen = await attacked({ platform, controllers: [VersionedController], prepare }, { ...options, fixtures });
    expect(chosen.at('GET /versioned v2', 'credential/none')).toBe('held');
  });

  it('where tokens stand in a cookie: without `present` no refusal of a token counts', async () => {
    const fromRequest: TokenExtractor = (request) =>
      /(?:^|;\s*)t=([^;]+)/.exec(String(request.headers['cookie'] ?? ''))?.[1];
    const security = { jwt: { secret: 'a-secret-of-more-than-32-bytes-for-tests-only', fromRequest } };
    const silent = await attacked(init(platform, { security }), only('GET /t/mine token/'));
    expect(silent.at('GET /t/mine', 'token/expired')).toContain('principals.alice.present would say where');
    const principals = { alice: { id: 'alice', present: (token: string) => ({ cookie: `t=${token}` }) } };
    const { at } = await attacked(init(platform, { security }), { principals, only: ['GET /t/mine'] });
    expect(at('GET /t/mine', 'control/good-call')).toBe('held');
    expect(at('GET /t/mine', 'token/expired')).toBe('held');
  });
});

@Controller('open')
class LeakingController {
  @Get()
  list(@Query('owner') owner: string) {
    return [{ id: 'o-1', owner }];
  }
}

@Controller({ path: 'versioned', version: '2' })
class VersionedController {
  @Get()
  find(@Headers('x-v') version: string, @Param() _params: object, @Body() _body: object) {
    return { version };
  }
}

@Catch()
class OwnFilter implements ExceptionFilter {
  catch(error: { getStatus?(): number }, host: ArgumentsHost) {
    const response = host.switchToHttp().getResponse<{
      status(code: number): { send(body: object): void };
    }>();
    response.status(error.getStatus?.() ?? 500).send({ ok: false });
  }
}
