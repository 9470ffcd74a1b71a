/** Does the kit see limits, flows and logins that hold nobody back? Beside each broken one stands a sound one. */

import { Body, Controller, Get, HttpCode, Inject, Post, Req, type INestApplication } from '@nestjs/common';
import { IsString, Length } from 'class-validator';
import { describe, expect, it } from 'vitest';
import {
  callOf,
  LoginDefence,
  perHour,
  perMinute,
  Public,
  RateLimit,
  Roles,
  SecurityError,
  secureApp,
  SensitiveFlow,
  SkipRateLimit,
  type HttpRequest,
} from '../../../lib/index.js';
import { attack } from '../../../lib/testing/attack/attack.js';
import type { AttackOptions } from '../../../lib/testing/attack/attack.options.js';
import { bootApp, PLATFORMS, type Platform, type TestAppInit } from '../../app.js';

class Login {
  @IsString()
  @Length(1, 64)
  username!: string;

  @IsString()
  @Length(1, 128)
  password!: string;
}

class Payment {
  @IsString()
  @Length(1, 20)
  order!: string;
}

@Controller('sound')
class Sound {
  #paid = 0;

  constructor(@Inject(LoginDefence) private readonly defence: LoginDefence) {}

  @Get('plain')
  plain() {
    return {};
  }

  @Get('house')
  @Roles('admin', 'moderator')
  house() {
    return {};
  }

  @Get('open')
  @Public()
  open() {
    return {};
  }

  @Get('health')
  @Public()
  @SkipRateLimit()
  health() {
    return {};
  }

  @Get('own')
  @RateLimit({ limit: 20, per: 'minute' })
  own() {
    return {};
  }

  @Get('large')
  @RateLimit({ limit: 900, per: 'minute' })
  large() {
    return {};
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  async login(@Body() { username, password }: Login, @Req() request: HttpRequest) {
    const attempt = { account: username, address: callOf(request)!.address };
    const isRight = username === 'alice' && password === 'right';
    if (!(await this.defence.attempt(attempt, () => isRight))) throw new SecurityError('unauthenticated');
    return {};
  }

  @Post('pay')
  @SensitiveFlow('pay', { limit: perMinute(8), idempotencyKey: 'required' })
  pay(@Body() { order }: Payment) {
    return { order, number: ++this.#paid };
  }

  @Post('register')
  @Public()
  @SensitiveFlow('register', { limit: perHour(5), captcha: true })
  register(@Body() { order }: Payment) {
    return { order };
  }
}

@Controller('broken')
class Broken {
  #paid = 0;

  /** Known callers, and no limit. */
  @Get('free')
  @SkipRateLimit()
  free() {
    return {};
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  login(@Body() { password }: Login) {
    if (password !== 'right') throw new SecurityError('unauthenticated');
    return {};
  }

  @Post('telling/login')
  @HttpCode(200)
  @Public()
  telling(@Body() { username, password }: Login) {
    if (username !== 'alice') throw new SecurityError('not_found');
    if (password !== 'right') throw new SecurityError('unauthenticated');
    return {};
  }

  @Post('pay')
  pay(@Body() { order }: Payment) {
    return { order, number: ++this.#paid };
  }
}

const OWN_LOGIN = { own: { body: { username: 'alice', password: 'right' } } };

async function verdicts(
  platform: Platform,
  options: AttackOptions,
  init: TestAppInit = {},
): Promise<Record<string, string>> {
  const test = await bootApp({
    platform,
    controllers: [Sound, Broken],
    prepare: (app: INestApplication) => secureApp(app),
    ...init,
  });
  try {
    const { results } = await attack(test.app, options);
    return Object.fromEntries(
      results.map((each) => [
        `${each.endpoint} ${each.case}`,
        each.verdict === 'held' ? 'held' : `${each.verdict}: ${each.why}`,
      ]),
    );
  } finally {
    await test.close();
  }
}

describe.each(PLATFORMS)('limit cases on %s', (platform) => {
  it('reports nothing where limits hold, twice in a row and with a clock that runs', async () => {
    const only = ['GET /sound limit/'];
    const expected = {
      'GET /sound/house limit/burst': 'held',
      'GET /sound/health limit/burst': 'not-tried: @SkipRateLimit() on a public endpoint: no limit is to hold',
      'GET /sound/large limit/burst': 'held',
      'GET /sound/open limit/burst': 'held',
      'GET /sound/open limit/forwarded-address': 'held',
      'GET /sound/own limit/burst': 'held',
      'GET /sound/plain limit/burst': 'held',
    };
    expect(await verdicts(platform, { only })).toEqual(expected);
    const running = Object.freeze({ now: () => Date.now() });
    expect(await verdicts(platform, { only }, { security: { clock: running } as never })).toEqual(expected);
  });

  it('says that an unlimited tier has no limit', async () => {
    const only = ['GET /sound/plain limit/burst'];
    expect(await verdicts(platform, { only, principals: { ada: { id: 'ada', roles: ['admin'] } } })).toEqual({
      'GET /sound/plain limit/burst': 'not-tried: whoever may call this is of the tier "admin", which is unlimited',
    });
  });

  it('takes another role that suffices where the tier of the caller is unlimited', async () => {
    const options = { only: ['GET /sound/house limit/burst'], principals: { ada: { id: 'ada', roles: ['admin'] } } };
    const security = { roles: { hierarchy: { admin: ['moderator'], moderator: [] } } };
    expect(await verdicts(platform, options, { security })).toEqual({ 'GET /sound/house limit/burst': 'held' });
  });

  it('finds a route without limits, and limits that are not there any more', async () => {
    expect(await verdicts(platform, { only: ['GET /broken limit/'] })).toEqual({
      'GET /broken/free limit/burst': 'broken: no limit holds here',
    });
    const test = await bootApp({ platform, controllers: [Sound, Broken] });
    const { InventoryService } = await import('../../../lib/inventory/inventory.service.js');
    const now = test.app.get(InventoryService, { strict: false }).inventory();
    const claims = now.endpoints.find(({ id }) => id === 'GET /sound/large')!;
    const baseline = {
      ...now,
      endpoints: now.endpoints.map((each) =>
        each.id.startsWith('GET /broken/free') || each.id === 'GET /sound/plain'
          ? { ...each, limits: claims.limits! }
          : each,
      ),
    };
    const { results } = await attack(test.app, {
      baseline,
      only: ['GET /broken/free limit/burst', 'GET /sound/plain limit/burst'],
    });
    await test.close();
    expect(results.map(({ endpoint, verdict }) => [endpoint, verdict])).toEqual([
      ['GET /broken/free', 'broken'],
      ['GET /sound/plain', 'broken'],
    ]);
  });

  it('says that the word of a proxy counts where the app takes loopback for one', async () => {
    const result = await verdicts(
      platform,
      { only: ['GET /sound/open limit/forwarded-address'] },
      { prepare: (app: INestApplication) => secureApp(app, { proxies: ['loopback'] }) },
    );
    expect(result['GET /sound/open limit/forwarded-address']).toContain(
      'not-tried: the app takes loopback for a proxy',
    );
  });

  it('finds passwords that can be tried out, and accounts that are told apart', async () => {
    const fixtures = {
      'POST /sound/login': OWN_LOGIN,
      'POST /broken/login': OWN_LOGIN,
      'POST /broken/telling/login': OWN_LOGIN,
    };
    const results = await verdicts(platform, { only: ['limit/login', 'login/enumeration'], fixtures });
    expect(results['POST /sound/login limit/login']).toBe('held');
    expect(results['POST /sound/login login/enumeration']).toBe('held');
    expect(results['POST /broken/login login/enumeration']).toBe('held');
    expect(results['POST /broken/login limit/login']).toBe(
      'broken: expected 429 within 30 wrong passwords for one account, got 401',
    );
    expect(results['POST /broken/telling/login login/enumeration']).toBe(
      'broken: an account that exists is answered otherwise than one that does not',
    );
  });

  it('says which fixture names an account, and does not call that held', async () => {
    const results = await verdicts(platform, { only: ['POST /broken/telling login/'] });
    expect(results).toEqual({
      'POST /broken/telling/login login/enumeration':
        'not-tried: fixtures["POST /broken/telling/login"].own would name an account that exists',
    });
  });

  it('reports nothing of flows that hold', async () => {
    expect(await verdicts(platform, { only: ['POST /sound/pay flow/', 'POST /sound/register flow/'] })).toEqual({
      'POST /sound/pay flow/limit': 'held',
      'POST /sound/pay flow/idempotency': 'held',
      'POST /sound/register flow/limit': 'not-tried: the flow asks for a proof first, which the kit cannot give',
      'POST /sound/register flow/captcha': 'held',
    });
  });

  it('finds flows that hold nobody back, where the inventory says that they do', async () => {
    const test = await bootApp({ platform, controllers: [Sound, Broken] });
    const { InventoryService } = await import('../../../lib/inventory/inventory.service.js');
    const now = test.app.get(InventoryService, { strict: false }).inventory();
    const flow = {
      name: 'pay',
      limit: perMinute(8),
      by: ['principal'],
      captcha: false,
      idempotencyKey: 'required' as const,
      signals: [],
    };
    const baseline = {
      ...now,
      endpoints: now.endpoints.map((each) => (each.id === 'POST /broken/pay' ? { ...each, flow } : each)),
    };
    const asksForProof = {
      ...now,
      endpoints: now.endpoints.map((each) =>
        each.id === 'POST /broken/pay' ? { ...each, flow: { ...flow, captcha: true } } : each,
      ),
    };
    const { results } = await attack(test.app, { baseline, only: ['POST /broken/pay flow/'] });
    const { results: more } = await attack(test.app, {
      baseline: asksForProof,
      only: ['POST /broken/pay flow/captcha'],
    });
    await test.close();
    expect([...results, ...more].map(({ case: id, why }) => [id, why])).toEqual([
      ['flow/limit', expect.stringContaining('expected 429 after 8 tries')],
      ['flow/idempotency', 'expected 400 without a key, got 201'],
      ['flow/captcha', 'expected 403 without a captcha, got 201'],
    ]);
  });
});
