/** A token in the address: it ends up in logs, histories and referrers (RFC 6750 §5.3, ASVS 14.2.1). */

import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CurrentPrincipal, Public, type Principal, Returns } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { forge } from '../authentication/forge.js';

@Returns(Object)
@Controller()
class PageController {
  @Get('closed')
  closed(@CurrentPrincipal() caller: Principal) {
    return { caller: caller.id };
  }

  @Public('a page for everybody')
  @Get('open')
  open(@CurrentPrincipal() caller: Principal | undefined) {
    return { caller: caller?.id ?? null };
  }
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const token = forge();
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [PageController] });
  });
  afterAll(() => t.close());
  beforeEach(() => {
    t.events.length = 0;
  });

  it.each(['access_token', 'access%5Ftoken', '%61ccess_token'])('never opens a closed route: %s', async (name) => {
    const answer = await t.send(`GET /closed?${name}=${token}`);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(t.events).toEqual([
      expect.objectContaining({ kind: 'credential_refused', code: 'invalid_token', reason: 'token_in_query' }),
    ]);
    expect(JSON.stringify(t.events)).not.toContain(token);
  });

  it('is refused on an open route too, as any credential that does not hold', async () => {
    expect((await t.send(`GET /open?access_token=${token}`)).status).toBe(401);
    expect((await t.send('GET /open')).body).toEqual({ caller: null });
  });

  it.each(['/closed', '/open'])('beside one in the header makes the request malformed: %s', async (path) => {
    const answer = await t.send(`GET ${path}?page=1&access_token=${token}`, { token });
    expect(answer.status).toBe(400);
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_request"');
    expect(t.events).toEqual([
      expect.objectContaining({ kind: 'access_refused', code: 'invalid_request', reason: 'token_in_header_and_query' }),
    ]);
  });

  it('leaves other parameters alone', async () => {
    const answer = await t.send('GET /closed?token=x&my_access_token=y&q=access_token', { token });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ caller: 'alice' });
  });

  it.each([['form body', 'application/x-www-form-urlencoded']])(
    'is not taken from a %s either',
    async (_what, type) => {
      const answer = await t.send('GET /closed', { headers: { 'content-type': type }, body: `access_token=${token}` });
      expect([401, 415]).toContain(answer.status);
    },
  );
});
