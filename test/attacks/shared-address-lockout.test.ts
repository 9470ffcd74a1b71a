/** A stranger behind the same address, or a web page that makes its visitors ask for nonsense, locks out the others. */

import { Controller, Get } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { Public, Returns, secureApp, SecurityError, type SecurityOptions } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

@Controller()
class ShopController {
  @Get('closed')
  @Returns(String)
  closed() {
    return 'closed';
  }
  @Get('open')
  @Public()
  @Returns(String)
  open() {
    return 'open';
  }
  @Get('login')
  @Public()
  @Returns(String)
  login(): string {
    throw new SecurityError('unauthenticated', { reason: 'login_failed' });
  }
}

let t: TestApp;
afterEach(() => t.close());

describe.each(PLATFORMS)('a blocked address on %s', (platform) => {
  for (const [name, prepare] of [
    ['by the pipeline', undefined],
    ['at the edge', (app: Parameters<typeof secureApp>[0]) => secureApp(app)],
  ] as const) {
    it(`lets through who was known before, ${name}`, async () => {
      t = await bootApp({ platform, controllers: [ShopController], security: rate(5), ...(prepare && { prepare }) });
      const known = await tokenFor('alice');
      const unknown = await tokenFor('bob');
      expect((await t.send('GET /closed', { token: known })).status).toBe(200);
      for (let index = 0; index < 6; index++) await t.send(`GET /nowhere-${index}`);
      expect((await t.send('GET /closed', { token: known })).status).toBe(200);
      // Bob's token is as good, but telling so would take a signature, and that is what the gate is there to save.
      const refused = await t.send('GET /closed', { token: unknown });
      expect(refused.status).toBe(429);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect((await t.send('GET /closed', { token: `${known}x` })).status).toBe(429);
      expect((await t.send('GET /open')).status).toBe(429);
      t.clock.advance(60_000);
      expect((await t.send('GET /closed', { token: unknown })).status).toBe(200);
    });
  }

  it('was blocked by failed logins too, which a handler judges', async () => {
    t = await bootApp({ platform, controllers: [ShopController], security: rate(10) });
    const mine = await tokenFor('mallory');
    // With a token of their own, so that the calls themselves are charged to a principal.
    for (let index = 0; index < 10; index++) expect((await t.send('GET /login', { token: mine })).status).toBe(401);
    expect(t.events.filter(({ kind }) => kind === 'credential_refused')).toHaveLength(10);
    expect(t.events.at(-1)).toMatchObject({
      stage: 'handler',
      reason: 'login_failed',
      subject: { address: '127.0.0.1' },
    });
    expect((await t.send('GET /open')).status).toBe(429);
  });
});

function rate(limit: number): SecurityOptions {
  const tokens = { capacity: limit, refillTokens: limit, refillPeriodMs: 60_000 };
  return { throttling: { tiers: { public: tokens } } };
}
