/** The app beside its baseline, and endpoints on their way out. */

import { Controller, Get, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  Authenticate,
  Cost,
  Deprecated,
  OwnedBy,
  Public,
  RateLimit,
  Returns,
  Roles,
  Scopes,
  secureApp,
  SensitiveFlow,
  Signed,
  SkipRateLimit,
  StepUp,
} from '../../../lib/index.js';
import { InventoryService, type Inventory } from '../../../lib/inventory/inventory.service.js';
import { bootApp, PLATFORMS, type TestAppInit } from '../../app.js';
import { attacked } from './attacked.js';

class ThingView {
  id!: string;
}

const principals = { alice: { id: '7', roles: ['user'] }, ada: { id: '9', roles: ['admin'] } };
const security: TestAppInit['security'] = {
  roles: { hierarchy: { admin: ['user'], user: [] } },
  signatures: { keys: [{ id: 'shop', secret: 'whsec_for_tests_only_0123456789abcdef' }] },
};

/** One handler with these on it, beside one that stays as it is. */
function appWith(...decorators: readonly (MethodDecorator & ClassDecorator)[]): TestAppInit {
  @Controller('things')
  class ThingsController {
    @Get(':id')
    thing() {
      return { id: '1' };
    }

    @Get('others/:id')
    @Returns(ThingView)
    other() {
      return { id: '1' };
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(ThingsController.prototype, 'thing')!;
  for (const decorate of decorators) decorate(ThingsController.prototype, 'thing', descriptor);
  return { security, controllers: [ThingsController], prepare: (app) => secureApp(app) };
}

async function inventoryOf(init: TestAppInit): Promise<Inventory> {
  const test = await bootApp(init);
  try {
    return test.app.get(InventoryService).inventory();
  } finally {
    await test.close();
  }
}

const THING = 'GET /things/:id';
const returns = Returns(ThingView);

describe('a baseline', () => {
  it('finds that callers are refused whom it lets in', async () => {
    const baseline = await inventoryOf(appWith(returns, Public()));
    const { at } = await attacked(appWith(returns), { principals, baseline, only: ['baseline/closed'] });
    expect(at(THING, 'baseline/closed')).toContain('broken: ');
    expect(at('GET /things/others/:id', 'baseline/closed')).toBe('held');
  });

  it('holds for the app that it was made of', async () => {
    const init = appWith(returns, Roles('admin'));
    const { broken, at } = await attacked(init, { principals, baseline: await inventoryOf(init), only: ['baseline/'] });
    expect(broken).toEqual([]);
    expect(at(THING, 'baseline/opened')).toBe('held');
    expect(at('the app', 'baseline/missing')).toBe('held');
  });

  it('is no case where there is none', async () => {
    const { report } = await attacked(appWith(returns), { principals, only: ['baseline/'] });
    expect(report.results).toEqual([]);
  });

  it.each([
    ['@Roles', Roles('admin'), 'opened', 'lost @Roles(admin)'],
    ['@Scopes', Scopes('read'), 'opened', 'lost @Scopes(read)'],
    ['@OwnedBy', OwnedBy({ param: 'id' }), 'opened', 'lost @OwnedBy(id)'],
    ['@StepUp', StepUp({ maxAge: 60 }), 'opened', 'lost @StepUp(maxAge 60 s)'],
    ['@Signed', Signed(), 'opened', 'authentication by jwt'],
    ['@Authenticate', Authenticate('api-key'), 'opened', 'authentication by jwt'],
    ['@RateLimit', RateLimit({ limit: 5, per: 'minute' }), 'opened', 'limits'],
    ['@Cost', Cost(5), 'opened', 'limits'],
    ['@SensitiveFlow', SensitiveFlow('buy', { captcha: false }), 'opened', 'lost @SensitiveFlow(buy'],
    ['@Deprecated', Deprecated({ since: '2025-01-01', sunset: '2030-01-01' }), 'opened', 'no longer deprecated'],
    ['@Public', Public('for tests'), 'closed', 'any caller by jwt now, was public'],
    ['@SkipRateLimit', SkipRateLimit(), 'closed', 'gained limits'],
  ] as const)('tells that %s() is gone', async (_, decorator, id, text) => {
    const baseline = await inventoryOf(appWith(returns, decorator as MethodDecorator & ClassDecorator));
    const { at, broken } = await attacked(appWith(returns), { principals, baseline, only: ['baseline/'] });
    expect(at(THING, `baseline/${id}`)).toContain('broken: ');
    expect(at(THING, `baseline/${id}`)).toContain(text);
    expect(broken.every((each) => each.startsWith(THING))).toBe(true);
  });

  it.each([
    ['a class', returns, 'opened'],
    ['any shape', Returns(Object), 'closed'],
    ['text', Returns(String), 'opened'],
  ] as const)('tells that @Returns() of %s is gone', async (_, decorator, id) => {
    const baseline = await inventoryOf(appWith(decorator as MethodDecorator & ClassDecorator));
    const { at } = await attacked(appWith(), { principals, baseline, only: ['baseline/'] });
    expect(at(THING, `baseline/${id}`)).toContain('returns undeclared now');
  });

  it('tells of what is new and of what is gone, and of roles that hold more', async () => {
    @Controller('more')
    class MoreController {
      @Post()
      @Returns(ThingView)
      add() {
        return { id: '2' };
      }
    }
    const init = appWith(returns);
    const baseline = await inventoryOf(init);
    const roles = { hierarchy: { admin: ['user', 'root'], root: [], user: [] } };
    const changed = { ...init, controllers: [MoreController], security: { ...security, roles } };
    const { at } = await attacked(changed, { principals, baseline, only: ['baseline/'] });
    expect(at('POST /more', 'baseline/unlisted')).toContain('broken: new, any caller by jwt');
    expect(at('POST /more', 'baseline/opened')).toBeUndefined();
    expect(at('the app', 'baseline/missing')).toContain('not-tried: gone: GET /things/:id, GET /things/others/:id');
    expect(at('the app', 'baseline/opened')).toContain('broken: includes root too');
  });
});

describe.each(PLATFORMS)('endpoints on their way out (%s)', (platform) => {
  const options = {
    since: '2025-01-01',
    sunset: '2030-01-01',
    successor: '/v2/things/:id',
    link: 'https://docs.example.com/v2',
  };
  const only = ['lifecycle/'];

  it('reports nothing of those that tell of their end, and end', async () => {
    const init = { ...appWith(returns, Deprecated(options) as MethodDecorator & ClassDecorator), platform };
    const { at, broken } = await attacked(init, { principals, only });
    expect(broken).toEqual([]);
    expect(at(THING, 'lifecycle/sunset')).toBe('held');
    expect(at(THING, 'lifecycle/headers')).toBe('held');
    expect(at('GET /things/others/:id', 'lifecycle/sunset')).toBeUndefined();
  });

  it('takes those at their word that go on answering', async () => {
    const graced = Deprecated({ ...options, grace: true }) as MethodDecorator & ClassDecorator;
    const { at } = await attacked({ ...appWith(returns, graced), platform }, { principals, only });
    expect(at(THING, 'lifecycle/sunset')).toBe('held');
  });

  it('finds those that go on, and tell nobody', async () => {
    const baseline = await inventoryOf(appWith(returns, Deprecated(options) as MethodDecorator & ClassDecorator));
    const { at } = await attacked({ ...appWith(returns), platform }, { principals, baseline, only });
    expect(at(THING, 'lifecycle/sunset')).toBe('broken: expected 410 after 2030-01-01, got 200');
    expect(at(THING, 'lifecycle/headers')).toContain('broken: not told: Deprecation: @1735689600; Sunset: ');
  });

  it('leaves the time of the app as it was', async () => {
    const init = { ...appWith(returns, Deprecated(options) as MethodDecorator & ClassDecorator), platform };
    const test = await bootApp(init);
    try {
      const before = test.clock.now();
      const { attack } = await import('../../../lib/testing/index.js');
      await attack(test.app, { principals, only });
      expect(test.clock.now()).toBe(before);
    } finally {
      await test.close();
    }
  });
});
