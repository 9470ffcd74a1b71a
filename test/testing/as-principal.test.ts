/** A caller for a test: the headers are taken where the app takes its own tokens, and nowhere else. */

import { Controller, Get } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { CurrentPrincipal, Returns, Roles, type Principal } from 'nestjs-bulwark';
import { asPrincipal } from 'nestjs-bulwark/testing';
import { generateKeyPairSync } from 'node:crypto';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';

class CallerView {
  id!: string;
}

@Controller('me')
class MeController {
  @Get()
  @Roles('admin')
  @Returns(CallerView)
  me(@CurrentPrincipal() { id }: Principal): CallerView {
    return { id };
  }
}

let open: TestApp | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

describe.each(PLATFORMS)('asPrincipal() on %s', (platform) => {
  it('calls as whoever is asked for', async () => {
    open = await bootApp({ platform, controllers: [MeController], security: { sessions: {} } });
    const ada = await asPrincipal(open.app, { id: 'ada', roles: ['admin'] });
    expect(ada).toMatchObject({ id: 'ada', headers: { authorization: `Bearer ${ada.token}` } });
    expect(ada.expiresAtMs).toBe(open.clock.now() + 900_000);
    const answer = await open.send('GET /me', { headers: { ...ada.headers } });
    expect([answer.status, answer.body]).toEqual([200, { id: 'ada' }]);
    const fetched = await fetch(`${open.url}/me`, { headers: ada.headers });
    expect(fetched.status).toBe(200);
  });

  it('gives nobody what was not asked for', async () => {
    open = await bootApp({ platform, controllers: [MeController] });
    const { headers } = await asPrincipal(open.app, { id: 'alice' });
    expect((await open.send('GET /me', { headers: { ...headers } })).status).toBe(403);
  });
});

describe('asPrincipal()', () => {
  it('makes no token where the app makes none', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    open = await bootApp({ controllers: [MeController], security: { jwt: { publicKey } } });
    await expect(asPrincipal(open.app, { id: 'ada' })).rejects.toThrow('there are verification keys only');
  });
});
