import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { SkipThrottle, Throttle } from '@nestjs/throttler';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Cost,
  perHour,
  perMinute,
  perSecond,
  Public,
  RateLimit,
  RateLimitGuard,
  SkipRateLimit,
  TokenService,
  unlimited,
  type BucketStore,
  type ThrottlingOptions,
} from '../../lib/index.js';
import { MemoryBucketStore } from '../../lib/throttling/memory-bucket.store.js';
import { bootApp, PLATFORMS, type Platform, type TestApp } from '../app.js';

@Controller('open')
@Public('tests')
class OpenController {
  @Get()
  plain() {
    return { ok: true };
  }

  @Get('free')
  @SkipRateLimit()
  free() {
    return { ok: true };
  }

  @Post('login')
  @RateLimit({ limit: 2, per: 'minute' })
  login() {
    return { ok: true };
  }
}

@Controller('mine')
class MineController {
  @Get()
  plain() {
    return { ok: true };
  }

  @Get('few')
  @RateLimit({ limit: 2, per: 'hour' })
  few() {
    return { ok: true };
  }

  @Get('by-address')
  @RateLimit(perHour(2), { by: 'address' })
  byAddress() {
    return { ok: true };
  }

  @Get('twofold')
  @RateLimit(perSecond(2))
  @RateLimit(perHour(3))
  twofold() {
    return { ok: true };
  }
}

@Controller('limited')
@RateLimit({ limit: 1, per: 'hour' })
class LimitedController {
  @Get('a')
  a() {
    return { ok: true };
  }

  @Get('b')
  b() {
    return { ok: true };
  }

  @Get('c')
  @SkipRateLimit()
  c() {
    return { ok: true };
  }
}

@Controller('throttler')
@Public('tests')
class ThrottlerController {
  @Get('limited')
  @Throttle({ default: { limit: 2, ttl: 60_000 } })
  limited() {
    return { ok: true };
  }

  @Get('skipped')
  @SkipThrottle()
  skipped() {
    return { ok: true };
  }

  @Get('partly')
  @Throttle({ short: { limit: 1, ttl: 1000 }, long: { limit: 2, ttl: 60_000 } })
  @SkipThrottle({ short: true })
  partly() {
    return { ok: true };
  }
}

@Controller('dear')
@Cost(10)
class DearController {
  @Get()
  mine() {
    return { ok: true };
  }

  @Get('open')
  @Public('tests')
  @Cost(8)
  open() {
    return { ok: true };
  }
}

const controllers = [OpenController, MineController, LimitedController, ThrottlerController];

describe.each(PLATFORMS)('rate limits on %s', (platform: Platform) => {
  let t: TestApp;
  afterEach(() => t.close());

  const boot = async (throttling: ThrottlingOptions = {}, more: object = {}, extra: (new () => object)[] = []) => {
    t = await bootApp({ platform, controllers: [...controllers, ...extra], security: { throttling, ...more } });
  };
  const tokenFor = async (id: string, rest: { roles?: string[]; tier?: string } = {}) =>
    (await t.app.get(TokenService).issue({ id, ...rest })).accessToken;
  const statuses = async (line: string, times: number, token?: string) => {
    const seen: number[] = [];
    for (let time = 0; time < times; time++) seen.push((await t.send(line, token ? { token } : {})).status);
    return seen;
  };

  it('admits public calls 100 a minute per address, and says so', async () => {
    await boot();
    const first = await t.send('GET /open');
    expect(first.status).toBe(200);
    expect(first.headers['ratelimit-policy']).toBe('"public";q=100;w=60');
    expect(first.headers['ratelimit']).toBe('"public";r=99;t=1');
    expect(first.headers).not.toHaveProperty('x-ratelimit-limit');
    expect(await statuses('GET /open', 99)).toEqual(Array(99).fill(200));

    const refused = await t.send('GET /open');
    expect(refused.status).toBe(429);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers['ratelimit']).toBe('"public";r=0;t=1');
    expect(refused.body).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too many requests.',
      status: 429,
      'violated-policies': ['public'],
    });
    expect(t.events.at(-1)).toMatchObject({
      kind: 'rate_limited',
      level: 'warning',
      stage: 'throttling',
      code: 'rate_limited',
      reason: 'bucket_empty: public',
      subject: { route: 'OpenController.plain', method: 'GET', path: '/open', address: '127.0.0.1' },
    });

    t.clock.advance(599);
    expect(await statuses('GET /open', 1)).toEqual([429]);
    t.clock.advance(1);
    expect(await statuses('GET /open', 2)).toEqual([200, 429]);
  });

  it('gives each principal a bucket of their own, whatever their token and the route', async () => {
    await boot({ tiers: { authenticated: perMinute(3) } });
    const alice = await tokenFor('alice');
    const answer = await t.send('GET /mine', { token: alice });
    expect(answer.headers['ratelimit-policy']).toBe('"authenticated";q=3;w=60');
    expect(answer.headers['ratelimit']).toBe('"authenticated";r=2;t=20');
    expect(await statuses('GET /open', 1, alice)).toEqual([200]);
    expect(await statuses('GET /mine', 2, await tokenFor('alice'))).toEqual([200, 429]);
    expect(await statuses('GET /mine', 1, await tokenFor('bob'))).toEqual([200]);
    expect(await statuses('GET /open', 1)).toEqual([200]);
  });

  it('lets admins call without a limit, but holds them to the limit of a route', async () => {
    await boot({ tiers: { authenticated: perMinute(1) } });
    const ada = await tokenFor('ada', { roles: ['admin'] });
    const answer = await t.send('GET /mine', { token: ada });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('ratelimit-policy');
    expect(await statuses('GET /mine', 5, ada)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses('GET /mine/few', 3, ada)).toEqual([200, 200, 429]);
  });

  it('finds the tier by the credential, then by a granted role, then by an included one', async () => {
    await boot(
      { tiers: { free: perMinute(1), pro: perMinute(2), partner: perMinute(3) } },
      { roles: { hierarchy: { boss: ['pro'], pro: ['free'], free: [], partner: [] } } },
    );
    const policyOf = async (rest: object) =>
      (await t.send('GET /mine', { token: await tokenFor(JSON.stringify(rest), rest) })).headers['ratelimit-policy'];
    expect(await policyOf({ tier: 'partner', roles: ['pro'] })).toBe('"partner";q=3;w=60');
    expect(await policyOf({ tier: 'no-such-tier', roles: ['pro'] })).toBe('"pro";q=2;w=60');
    expect(await policyOf({ roles: ['pro', 'free'] })).toBe('"free";q=1;w=60');
    expect(await policyOf({ roles: ['boss'] })).toBe('"free";q=1;w=60');
    expect(await policyOf({})).toBe('"authenticated";q=1000;w=60');
  });

  it('asks the app for the tier where it wants to say', async () => {
    await boot({
      tiers: { gold: perMinute(7) },
      tierOf: ({ id }) => (id === 'alice' ? 'gold' : id === 'bob' ? 'no-such-tier' : undefined),
    });
    const policyOf = async (id: string) =>
      (await t.send('GET /mine', { token: await tokenFor(id) })).headers['ratelimit-policy'];
    expect(await policyOf('alice')).toBe('"gold";q=7;w=60');
    expect(await policyOf('bob')).toBe('"authenticated";q=1000;w=60');
    expect(await policyOf('mia')).toBe('"authenticated";q=1000;w=60');
  });

  it('charges what a call costs, and nothing for a refused one', async () => {
    await boot({ tiers: { public: perMinute(20), authenticated: perMinute(25) } }, {}, [DearController]);
    const token = await tokenFor('alice');
    expect(await statuses('GET /dear', 3, token)).toEqual([200, 200, 429]);
    expect((await t.send('GET /mine', { token })).headers['ratelimit']).toBe('"authenticated";r=4;t=3');
    expect(await statuses('GET /dear/open', 3)).toEqual([200, 200, 429]);
  });

  it('charges the tier and the route together or not at all', async () => {
    await boot();
    const token = await tokenFor('alice');
    const first = await t.send('GET /mine/few', { token });
    expect(first.headers['ratelimit-policy']).toBe('"authenticated";q=1000;w=60, "route";q=2;w=3600');
    expect(first.headers['ratelimit']).toBe('"authenticated";r=999;t=1, "route";r=1;t=1800');
    await t.send('GET /mine/few', { token });
    const refused = await t.send('GET /mine/few', { token });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1800');
    expect(refused.headers['ratelimit']).toBe('"authenticated";r=998;t=1, "route";r=0;t=1800');
    expect(refused.body).toMatchObject({ 'violated-policies': ['route'] });
    expect((await t.send('GET /mine', { token })).headers['ratelimit']).toBe('"authenticated";r=997;t=1');
    expect(await statuses('GET /mine/few', 1, await tokenFor('bob'))).toEqual([200]);
  });

  it('counts by address where the route says so', async () => {
    await boot();
    expect(await statuses('GET /mine/by-address', 2, await tokenFor('alice'))).toEqual([200, 200]);
    expect(await statuses('GET /mine/by-address', 1, await tokenFor('bob'))).toEqual([429]);
  });

  it('holds every limit of a route that has several', async () => {
    await boot();
    const token = await tokenFor('alice');
    expect(await statuses('GET /mine/twofold', 3, token)).toEqual([200, 200, 429]);
    t.clock.advance(1000);
    const third = await t.send('GET /mine/twofold', { token });
    expect(third.headers['ratelimit-policy']).toBe(
      '"authenticated";q=1000;w=60, "route";q=2;w=1, "route-2";q=3;w=3600',
    );
    const refused = await t.send('GET /mine/twofold', { token });
    expect(refused.body).toMatchObject({ status: 429, 'violated-policies': ['route-2'] });
  });

  it('limits each route of a limited class on its own, but for those that say otherwise', async () => {
    await boot();
    const token = await tokenFor('alice');
    expect(await statuses('GET /limited/a', 2, token)).toEqual([200, 429]);
    expect(await statuses('GET /limited/b', 2, token)).toEqual([200, 429]);
    const free = await t.send('GET /limited/c', { token });
    expect(free.status).toBe(200);
    expect(free.headers).not.toHaveProperty('ratelimit');
  });

  it('skips what @SkipRateLimit() skips, and does not charge for it', async () => {
    await boot({ tiers: { public: perMinute(1) } });
    expect(await statuses('GET /open/free', 3)).toEqual([200, 200, 200]);
    expect(await statuses('GET /open', 2)).toEqual([200, 429]);
    expect(await statuses('GET /open/free', 1)).toEqual([200]);
  });

  it("understands the throttler's own decorators", async () => {
    await boot({ tiers: { public: perMinute(4) } });
    expect(await statuses('GET /throttler/limited', 3)).toEqual([200, 200, 429]);
    expect(await statuses('GET /throttler/partly', 3)).toEqual([200, 200, 429]);
    expect(await statuses('GET /open', 1)).toEqual([429]);
    expect(await statuses('GET /throttler/skipped', 5)).toEqual([200, 200, 200, 200, 200]);
  });

  it('sends the old headers besides when asked to, and none when told so', async () => {
    await boot({ legacyHeaders: true });
    const token = await tokenFor('alice');
    const few = await t.send('GET /mine/few', { token });
    expect(few.headers).toMatchObject({
      'ratelimit-policy': '"authenticated";q=1000;w=60, "route";q=2;w=3600',
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': '1800',
    });
    await t.close();

    await boot({ headers: false, tiers: { public: perMinute(1) } });
    const silent = await t.send('GET /open');
    expect(Object.keys(silent.headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
    const refused = await t.send('GET /open');
    expect(refused.headers['retry-after']).toBe('60');
    expect(Object.keys(refused.headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
  });

  it('counts in sliding windows when asked to', async () => {
    await boot({ algorithm: 'sliding-window', tiers: { public: perMinute(10) } });
    expect(await statuses('GET /open', 11)).toEqual([...Array<number>(10).fill(200), 429]);
    t.clock.advance(60_000);
    const refused = await t.send('GET /open');
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('6');
    t.clock.advance(6000);
    expect(await statuses('GET /open', 2)).toEqual([200, 429]);
  });

  it('charges an address twofold where it has a limit of its own', async () => {
    await boot({ tiers: { public: perMinute(5) }, address: perMinute(2) });
    const first = await t.send('GET /open');
    expect(first.headers['ratelimit-policy']).toBe('"public";q=5;w=60, "address";q=2;w=60');
    await t.send('GET /open');
    const refused = await t.send('GET /open');
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({ 'violated-policies': ['address'] });
    expect(await statuses('GET /mine', 1, await tokenFor('alice', { tier: 'public' }))).toEqual([200]);
  });

  it('works with a store that has to be waited for, and refuses when it is down', async () => {
    const memory = new MemoryBucketStore();
    let down = false;
    const store: BucketStore = {
      take: async (demands, nowMs) => {
        await Promise.resolve();
        if (down) throw new Error('connection lost');
        return memory.take(demands, nowMs);
      },
    };
    await boot({ store, tiers: { public: perMinute(2) } });
    expect(await statuses('GET /open', 3)).toEqual([200, 200, 429]);
    t.clock.advance(60_000);
    down = true;
    expect((await t.send('GET /open')).status).toBeGreaterThanOrEqual(500);
    down = false;
    expect(await statuses('GET /open', 1)).toEqual([200]);
  });

  it('limits by RateLimitGuard alone where the app places its guards itself', async () => {
    @Controller('guarded')
    @UseGuards(RateLimitGuard)
    class GuardedController {
      @Get()
      @RateLimit({ limit: 2, per: 'minute' })
      get() {
        return { ok: true };
      }
    }
    t = await bootApp({ platform, controllers: [GuardedController], security: { globalGuards: false } as object });
    expect(await statuses('GET /guarded', 3)).toEqual([200, 200, 429]);
  });

  it('charges once where the guard stands twice', async () => {
    @Controller('twice')
    @UseGuards(RateLimitGuard)
    @Public('tests')
    class TwiceController {
      @Get()
      get() {
        return { ok: true };
      }
    }
    t = await bootApp({ platform, controllers: [TwiceController] });
    expect((await t.send('GET /twice')).headers['ratelimit']).toBe('"public";r=99;t=1');
    expect((await t.send('GET /twice')).headers['ratelimit']).toBe('"public";r=98;t=1');
  });
});

describe('mistakes in limits stop the boot', () => {
  const bootWith = (controller: new () => object, throttling: object = {}) =>
    bootApp({ controllers: [controller], security: { throttling } as object });

  it('a cost that no bucket can hold', async () => {
    @Controller('x')
    class X {
      @Get()
      @Cost(20)
      @RateLimit({ limit: 10, per: 'minute' })
      get() {}
    }
    await expect(bootWith(X)).rejects.toThrow(/^@Cost on X.get: 20 is more than the bucket "route" holds \(10\)/);
  });

  it('a cost over the capacity of a tier', async () => {
    @Controller('x')
    class X {
      @Get()
      @Cost(20)
      get() {}
    }
    await expect(bootWith(X, { tiers: { free: perMinute(10) } })).rejects.toThrow(/the bucket "free" holds \(10\)/);
    const t = await bootWith(X, { tiers: { public: perMinute(10) } });
    await t.close();
  });

  it('a limit per principal on a public route', async () => {
    @Controller('x')
    class X {
      @Get()
      @Public('tests')
      @RateLimit({ limit: 10, per: 'minute', by: 'principal' })
      get() {}
    }
    await expect(bootWith(X)).rejects.toThrow(/@RateLimit.by on X.get: "principal" counts nobody on a public route/);
  });

  it.each([
    [
      'a limit that is computed',
      { default: { limit: () => 5, ttl: 1000 } },
      /limit } }\) on X.get: function limit is computed/,
    ],
    [
      'a ttl that is missing',
      { default: { limit: 5 } },
      /ttl } }\) on X.get: undefined is not a positive finite number/,
    ],
    ['a limit of nothing', { default: { limit: 0, ttl: 1000 } }, /0 is not a positive finite number/],
    [
      'a tracker of its own',
      { default: { limit: 1, ttl: 1, getTracker: () => 'x' } },
      /getTracker } }\).*is not supported/,
    ],
  ])('@Throttle() with %s', async (_, options, message) => {
    @Controller('x')
    class X {
      @Get()
      @Throttle(options as Parameters<typeof Throttle>[0])
      get() {}
    }
    await expect(bootWith(X)).rejects.toThrow(message);
  });

  it.each([
    [{ limit: 0, per: 'minute' }, /^@RateLimit: 0 is not a positive/],
    [{ limit: 5, per: 'fortnight' }, /^@RateLimit: per: "fortnight" is not a period/],
    [{ limit: 5, per: -1 }, /is not a positive finite number of milliseconds/],
    [{ limit: 5, per: 'minute', by: 'adress' }, /Did you mean "address"\?/],
    [{ limits: 5, per: 'minute' }, /Did you mean `@RateLimit.limit`\?/],
  ])('@RateLimit(%j)', (options, message) => {
    expect(() => RateLimit(options as never)).toThrow(message);
    expect(() => RateLimit(options as never)).toThrow(TypeError);
  });

  it.each([0, -1, NaN, Infinity, '5'])('@Cost(%s)', (cost) => {
    expect(() => Cost(cost as number)).toThrow(/^@Cost: .* is not a positive finite number/);
  });

  it('@SkipRateLimit() beside @RateLimit()', () => {
    const place = { value: () => undefined } as PropertyDescriptor;
    RateLimit(perMinute(1))({}, 'x', place);
    expect(() => SkipRateLimit()({}, 'x', place)).toThrow(/Remove one of them/);
  });

  it.each([
    [{ tier: {} }, /security.throttling.tier: unknown option. Did you mean `security.throttling.tiers`\?/],
    [{ tiers: { gold: 100 } }, /security.throttling.tiers.gold: 100 is not a rate/],
    [{ tiers: { 'g"old': unlimited } }, /is no name for a tier/],
    [
      { tiers: { gold: { capacity: 1.5, refillTokens: 1, refillPeriodMs: 1 } } },
      /1.5 is not a positive whole number of tokens/,
    ],
    [{ algorithm: 'sliding-windows' }, /Did you mean "sliding-window"\?/],
    [{ maxKeys: 0 }, /security.throttling.maxKeys: 0 is not a positive whole number/],
    [{ headers: 'no' }, /security.throttling.headers: "no" is not a boolean/],
    [{ legacyHeaders: 1 }, /security.throttling.legacyHeaders: 1 is not a boolean/],
    [{ store: {} }, /security.throttling.store: an object is no bucket store/],
    [{ tierOf: 'gold' }, /security.throttling.tierOf: "gold" is not a function/],
    [{ address: 100 }, /security.throttling.address: 100 is not a rate/],
  ])('option %j', async (throttling, message) => {
    await expect(bootApp({ security: { throttling } as object })).rejects.toThrow(message);
  });
});
