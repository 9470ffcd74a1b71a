import { Body, Controller, Get, Inject, Post, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createPrincipal,
  CurrentPrincipal,
  OwnedBy,
  Policies,
  Public,
  Roles,
  StepUp,
  StepUpGuard,
  StepUpService,
  type Call,
  type PolicyFunction,
  type Principal,
} from '../../lib/index.js';
import { StepUpStage } from '../../lib/authorization/step-up/step-up.stage.js';
import { PipelinePlans } from '../../lib/core/pipeline-plans.js';
import { bootApp, PLATFORMS, START_MS, TEST_SECRET, type TestApp } from '../app.js';
import { tokenFor, type TokenInit } from '../tokens.js';

const NOW_S = START_MS / 1000;

let service: StepUpService;
const freshOtp: PolicyFunction = (_principal: Principal, call: Call) => {
  service.require(call, { amr: ['otp'] });
  return true;
};

@Controller()
class VaultController {
  constructor(@Inject(StepUpService) private readonly stepUp: StepUpService) {}

  @Get('recent')
  @StepUp({ maxAge: 300 })
  recent() {
    return { ok: true };
  }

  @Get('factors')
  @StepUp({ amr: ['pwd', 'otp'] })
  factors() {
    return { ok: true };
  }

  @Get('strength')
  @StepUp({ acr: ['gold', 'platinum'], maxAge: 60 })
  strength() {
    return { ok: true };
  }

  @Get('roles')
  @Roles('admin')
  @StepUp({ maxAge: 300 })
  roles() {
    return { ok: true };
  }

  @Get('owned/:userId')
  @StepUp({ maxAge: 300 })
  @OwnedBy({ param: 'userId' })
  owned() {
    return { ok: true };
  }

  @Get('policy')
  @Policies(freshOtp)
  policy() {
    return { ok: true };
  }

  @Post('pay')
  pay(@CurrentPrincipal() caller: Principal, @Body() body: { total: number }) {
    if (body.total > 500) this.stepUp.require(caller, { maxAge: 300, amr: ['otp'] });
    return { paid: body.total };
  }
}

describe.each(PLATFORMS)('a step-up on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [VaultController] });
    service = t.app.get(StepUpService);
  });
  beforeEach(() => t.events.splice(0));
  afterAll(() => t.close());

  const ask = async (path: string, claims: TokenInit) =>
    t.send(`GET ${path}`, { token: await tokenFor('alice', claims) });

  it('lets in a login that is recent enough, to the second', async () => {
    for (const auth_time of [NOW_S, NOW_S - 300, NOW_S + 60]) {
      expect(await ask('/recent', { auth_time })).toMatchObject({ status: 200 });
    }
  });

  it('refuses an older login, one of the future and one of no known time, with the challenge of RFC 9470', async () => {
    const cases: [TokenInit, string][] = [
      [{ auth_time: NOW_S - 301 }, 'login_too_old'],
      [{ auth_time: NOW_S + 61 }, 'auth_time_in_future'],
      [{}, 'auth_time_missing'],
      [{ auth_time: String(NOW_S) }, 'auth_time_missing'],
    ];
    for (const [claims, reason] of cases) {
      const answer = await ask('/recent', claims);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="insufficient_user_authentication", max_age="300"');
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.body).toMatchObject({
        title: 'A more recent or a stronger login is required.',
        status: 401,
        max_age: 300,
      });
      expect(answer.text).not.toContain(reason);
      expect(t.events.at(-1)).toMatchObject({
        kind: 'access_refused',
        stage: 'step-up',
        code: 'insufficient_user_authentication',
        reason,
      });
    }
  });

  it('asks for every factor that is named', async () => {
    expect((await ask('/factors', { amr: ['otp', 'pwd', 'mfa'] })).status).toBe(200);
    for (const amr of [['pwd'], ['otp'], [], undefined, 'pwd otp', ['pwd', 7]]) {
      const answer = await ask('/factors', amr === undefined ? {} : { amr });
      expect(answer.status, String(amr)).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer error="insufficient_user_authentication"');
      expect(answer.body.amr_values).toEqual(['pwd', 'otp']);
    }
  });

  it('asks for one of the strengths that are named', async () => {
    expect((await ask('/strength', { acr: 'platinum', auth_time: NOW_S })).status).toBe(200);
    for (const acr of ['silver', 'GOLD', 'gold platinum', ['gold'], undefined]) {
      const answer = await ask('/strength', { auth_time: NOW_S, ...(acr !== undefined && { acr }) });
      expect(answer.status, String(acr)).toBe(401);
      expect(answer.headers['www-authenticate']).toBe(
        'Bearer error="insufficient_user_authentication", acr_values="gold platinum", max_age="60"',
      );
    }
  });

  it('asks after the roles, and before it says whose an object is', async () => {
    expect((await ask('/roles', {})).status).toBe(403);
    expect((await ask('/roles', { roles: ['admin'] })).status).toBe(401);
    expect((await ask('/roles', { roles: ['admin'], auth_time: NOW_S })).status).toBe(200);
    expect((await ask('/owned/bob', {})).status).toBe(401);
    expect((await ask('/owned/alice', {})).status).toBe(401);
    expect((await ask('/owned/bob', { auth_time: NOW_S })).status).toBe(404);
    expect((await ask('/owned/alice', { auth_time: NOW_S })).status).toBe(200);
  });

  it('refuses nobody at all as unauthenticated, with the plain challenge', async () => {
    const { status, headers } = await t.send('GET /recent');
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  it('asks only for payments over some amount, in the handler', async () => {
    const pay = async (total: number, claims: TokenInit) =>
      t.send('POST /pay', { token: await tokenFor('alice', claims), body: { total } });
    expect((await pay(500, {})).status).toBe(201);
    expect((await pay(501, { amr: ['pwd', 'otp'], auth_time: NOW_S - 10 })).status).toBe(201);
    t.events.splice(0);
    const refused = await pay(501, { amr: ['pwd'], auth_time: NOW_S });
    expect(refused.status).toBe(401);
    expect(refused.headers['www-authenticate']).toBe('Bearer error="insufficient_user_authentication", max_age="300"');
    expect(refused.body).toMatchObject({ amr_values: ['otp'], max_age: 300 });
    expect(t.events.filter(({ kind }) => kind === 'access_refused')).toEqual([
      expect.objectContaining({
        stage: 'step-up',
        reason: 'amr_missing: otp',
        subject: { principal: { id: 'alice', scheme: 'jwt' } },
      }),
    ]);
  });

  it('refuses the same way from a policy, and records it once', async () => {
    expect((await ask('/policy', { amr: ['otp'] })).status).toBe(200);
    t.events.splice(0);
    expect((await ask('/policy', { amr: ['pwd'] })).status).toBe(401);
    expect(t.events.filter(({ kind }) => kind === 'access_refused')).toHaveLength(1);
  });

  it('says what it guarantees', () => {
    const stage = t.app.get(StepUpStage);
    const reports = t.app.get(PipelinePlans).routes.map((route) => stage.describe(route)?.summary);
    expect(reports).toContain('Step-up: a login at most 300 s ago');
    expect(reports).toContain('Step-up: a login by pwd and otp');
    expect(reports).toContain('Step-up: a login of gold or platinum, at most 60 s ago');
  });
});

describe('StepUpGuard', () => {
  it('asks the same on its own', async () => {
    @Controller()
    @UseGuards(StepUpGuard)
    class AloneController {
      @Get('alone')
      @StepUp({ maxAge: 300 })
      alone() {
        return { ok: true };
      }
    }
    const security = { globalGuards: false, jwt: { secret: TEST_SECRET } };
    const t = await bootApp({ controllers: [AloneController], security });
    expect((await t.send('GET /alone', { token: await tokenFor('alice', { auth_time: NOW_S }) })).status).toBe(401);
    await t.close();
  });
});

describe('@StepUp()', () => {
  it.each<[string, object, string]>([
    ['nothing asked for', {}, 'asks for nothing'],
    ['a slip of the keyboard', { maxage: 300 }, 'Did you mean `@StepUp().maxAge`?'],
    ['an age of nothing', { maxAge: 0 }, '@StepUp().maxAge: 0 is not a positive finite number'],
    ['no factors', { amr: [] }, '@StepUp().amr: an empty list'],
    ['a strength that breaks the header', { acr: 'a"b' }, 'cannot stand in a challenge'],
    ['two strengths in one', { acr: 'a b' }, 'cannot stand in a challenge'],
  ])('refuses %s', (_what, options, complaint) => {
    expect(() => StepUp(options)).toThrow(TypeError);
    expect(() => StepUp(options)).toThrow(complaint);
  });

  it('cannot stand beside @Public()', () => {
    expect(() => {
      class Open {
        @Public()
        @StepUp({ maxAge: 1 })
        get() {}
      }
      return Open;
    }).toThrow('@Public() stands beside a decorator that asks for a caller (step-up)');
  });
});

it('refuses a caller without amr and auth_time, such as an API key', async () => {
  const t = await bootApp();
  const key = createPrincipal({ id: 'k', scheme: 'api-key' });
  expect(() => t.app.get(StepUpService).require(key, { maxAge: 60 })).toThrow('auth_time_missing');
  expect(() => t.app.get(StepUpService).require(key, { amr: ['otp'] })).toThrow('amr_missing: otp');
  await t.close();
});
