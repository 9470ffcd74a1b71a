import { Controller, Get, Head, Post } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { AddressGate, Cost, perHour, perMinute, Public, RateLimit, TokenService } from '../../lib/index.js';
import type { ThrottlingOptions } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

@Controller('login')
@Public('tests')
class LoginController {
  @Post()
  @RateLimit({ limit: 3, per: 'hour' })
  login() {
    return { ok: true };
  }
}

@Controller('report')
class ReportController {
  @Get()
  @RateLimit({ limit: 3, per: 'hour' })
  get() {
    return { ok: true };
  }

  @Get('cheap')
  cheap() {
    return { ok: true };
  }
}

@Controller('dear')
class DearController {
  @Get()
  @Cost(5)
  dear() {
    return { ok: true };
  }
}

@Controller('open')
@Public('tests')
class OpenController {
  @Get()
  @RateLimit({ limit: 3, per: 'hour' })
  get() {
    return { ok: true };
  }

  @Head('explicit')
  @RateLimit({ limit: 1, per: 'hour' })
  head() {
    return undefined;
  }
}

/** Two classes of one name: the throttler's own guard counts them as one. */
const sameNames = ['one', 'two'].map((path) => {
  @Controller(path)
  @Public('tests')
  class SameController {
    @Get()
    @RateLimit({ limit: 1, per: 'hour' })
    get() {
      return { path };
    }
  }
  return SameController;
});

const controllers = [LoginController, ReportController, OpenController, ...sameNames];

describe.each(PLATFORMS)('evading limits on %s', (platform) => {
  const apps: TestApp[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  const boot = async (throttling: ThrottlingOptions = {}, extra: (new () => object)[] = []) => {
    const t = await bootApp({ platform, controllers: [...controllers, ...extra], security: { throttling } });
    apps.push(t);
    return t;
  };
  const tokenFor = async (t: TestApp, id: string) => (await t.app.get(TokenService).issue({ id })).accessToken;
  const tokenLike = (token: string) => `${token.slice(0, -6)}AAAAAA`;

  it('gets no second bucket by spelling the path or the method differently', async () => {
    const t = await boot();
    const spellings = [
      'GET /open',
      'GET /open?x=1',
      'HEAD /open',
      'GET /open/',
      'GET /%6fpen',
      'GET /open;a=b',
      'GET //open',
      'GET /OPEN',
      'HEAD /open/',
    ];
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) for (const line of spellings) seen.push((await t.send(line)).status);
    expect(seen.filter((status) => status === 200)).toHaveLength(3);
    expect(new Set(seen)).toEqual(new Set([200, 429, 404]));
  });

  it('gets exactly the capacity through by calling all at once', async () => {
    const t = await boot({ tiers: { authenticated: perHour(20) } });
    const token = await tokenFor(t, 'alice');
    const answers = await Promise.all(Array.from({ length: 60 }, () => t.send('GET /report/cheap', { token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
  });

  it('gets no dear call for the price of a cheap one, and cannot drain a bucket by calls that are refused', async () => {
    const t = await boot({ tiers: { authenticated: perHour(9) } }, [DearController]);
    const token = await tokenFor(t, 'alice');
    const seen = [];
    for (const line of ['GET /dear', 'GET /dear', 'HEAD /dear', 'GET /report/cheap']) {
      seen.push((await t.send(line, { token })).status);
    }
    expect(seen).toEqual([200, 429, 429, 200]);
  });

  it('shares no bucket between two controllers of one name, and gives neither away', async () => {
    const t = await boot();
    expect((await t.send('GET /one')).status).toBe(200);
    expect((await t.send('GET /two')).status).toBe(200);
    expect((await t.send('GET /one')).status).toBe(429);
    expect((await t.send('GET /two')).status).toBe(429);
  });

  it('cannot drain the bucket of another principal by an id that reads like theirs', async () => {
    const t = await boot({ tiers: { authenticated: perHour(1) } });
    for (const id of ['alice', 'p/authenticated/alice', 'alice/0', '/alice', 'ALICE', 'alice ', '127.0.0.1']) {
      const token = await tokenFor(t, id);
      expect((await t.send('GET /report/cheap', { token })).status).toBe(200);
      expect((await t.send('GET /report/cheap', { token })).status).toBe(429);
    }
  });

  it('gets no fresh bucket with a fresh token', async () => {
    const t = await boot({ tiers: { authenticated: perHour(2) } });
    const seen = [];
    for (let call = 0; call < 4; call++) {
      seen.push((await t.send('GET /report/cheap', { token: await tokenFor(t, 'alice') })).status);
    }
    expect(seen).toEqual([200, 200, 429, 429]);
  });

  it('cannot flood the store with strangers until its own bucket is forgotten', async () => {
    const t = await boot({ maxKeys: 20, tiers: { authenticated: perHour(40) } });
    const token = await tokenFor(t, 'mallory');
    let admitted = 0;
    for (let call = 0; call < 60; call++) {
      if ((await t.send('GET /report/cheap', { token })).status === 200) admitted++;
      await t.send('GET /report/cheap', { token: await tokenFor(t, `stranger-${call}`) });
    }
    expect(admitted).toBe(40);
  });

  it('guesses tokens no more often than an address may fail, and is then refused before anything is verified', async () => {
    const t = await boot({ address: perMinute(5) });
    const token = await tokenFor(t, 'alice');
    const seen = [];
    for (let guess = 0; guess < 8; guess++) {
      seen.push((await t.send('GET /report/cheap', { token: tokenLike(token) })).status);
    }
    expect(seen).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(t.events.filter(({ kind }) => kind === 'credential_refused')).toHaveLength(5);
    expect(t.events.at(-1)).toMatchObject({
      kind: 'rate_limited',
      stage: 'address-gate',
      reason: 'address_blocked: address',
    });

    const refused = await t.send('GET /report/cheap', { token });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('12');
    expect(refused.body).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too many requests.',
      status: 429,
      'violated-policies': ['address'],
    });

    t.clock.advance(11_999);
    expect((await t.send('GET /report/cheap', { token })).status).toBe(429);
    t.clock.advance(1);
    expect((await t.send('GET /report/cheap', { token })).status).toBe(200);
    expect((await t.send('GET /report/cheap', { token: tokenLike(token) })).status).toBe(401);
    expect((await t.send('GET /report/cheap', { token: tokenLike(token) })).status).toBe(429);
  });

  it('scans for routes no more often than an address may fail', async () => {
    const t = await boot({ address: perMinute(5) });
    const seen = [];
    for (const path of ['/admin', '/.env', '/wp-login.php', '/actuator', '/open/../x']) {
      seen.push((await t.send(`GET ${path}`)).status);
    }
    expect(seen).toEqual([404, 404, 404, 404, 404]);
    expect((await t.send('GET /open')).status).toBe(429);
    expect(t.app.get(AddressGate).blockedForMs('127.0.0.1')).toBe(12_000);
    expect(t.app.get(AddressGate).blockedForMs('127.0.0.2')).toBe(0);
  });

  it('charges failures and public calls of an address to one bucket', async () => {
    const t = await boot({ tiers: { public: perMinute(6) } });
    const token = tokenLike(await tokenFor(t, 'alice'));
    await t.send('POST /login');
    await t.send('POST /login');
    await t.send('GET /nowhere');
    await t.send('GET /report/cheap', { token });
    const answer = await t.send('POST /login');
    expect(answer.headers['ratelimit']).toBe('"public";r=1;t=10, "route";r=0;t=1200');
  });

  it('cannot lock callers with valid credentials out by public calls from their address', async () => {
    const t = await boot({ tiers: { public: perMinute(2) } });
    const seen = [];
    for (let call = 0; call < 5; call++) seen.push((await t.send('GET /open')).status);
    expect(seen).toEqual([200, 200, 429, 429, 429]);
    expect((await t.send('GET /report/cheap', { token: await tokenFor(t, 'alice') })).status).toBe(200);
  });

  it('locks nobody out when the clock goes backwards', async () => {
    const t = await boot({ address: perMinute(1) });
    const token = await tokenFor(t, 'alice');
    await t.send('GET /nowhere');
    expect((await t.send('GET /report/cheap', { token })).status).toBe(429);
    t.clock.advance(-600_000);
    const gate = t.app.get(AddressGate);
    expect(gate.blockedForMs('127.0.0.1')).toBe(60_000);
    t.clock.advance(59_999);
    expect(gate.blockedForMs('127.0.0.1')).toBe(1);
    t.clock.advance(1);
    expect(gate.blockedForMs('127.0.0.1')).toBe(0);
  });

  it('shares nothing between two apps of one process', async () => {
    const [left, right] = [await boot(), await boot()];
    for (let call = 0; call < 3; call++) await left.send('GET /open');
    expect((await left.send('GET /open')).status).toBe(429);
    expect((await right.send('GET /open')).status).toBe(200);
  });
});
