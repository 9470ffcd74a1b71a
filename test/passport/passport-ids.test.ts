/** Whose names are those that a passport strategy gives? Nobody comes by it as somebody else. */

import { Controller, Get, type Type } from '@nestjs/common';
import type { Strategy } from 'passport';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Authenticate,
  CurrentPrincipal,
  passport,
  Returns,
  Roles,
  Scopes,
  type HttpRequest,
  type JwtOptions,
  type PassportSchemeOptions,
  type Principal,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, TEST_SECRET, type TestApp } from '../app.js';
import { namedKey, openKeySite } from '../issuers/key-site.js';
import { tokenFor } from '../tokens.js';

interface Answering {
  success(user: unknown): void;
  fail(): void;
}

/** Whoever the header says, as JSON. */
const s = {
  name: 's',
  authenticate(this: Answering, { headers }: HttpRequest): void {
    const user = headers['x-user'];
    if (typeof user === 'string') this.success(JSON.parse(user));
    else this.fail();
  },
} as unknown as Strategy;
const other = { ...s, name: 'other' } as unknown as Strategy;
const asItIs: PassportSchemeOptions = {
  presents: ({ headers }) => 'x-user' in headers,
  toPrincipal: (user) => user as Principal,
};

function routesOf(...schemes: readonly ReturnType<typeof passport>[]): Type {
  @Controller()
  class UsersController {
    @Get('user')
    @Authenticate('jwt', ...schemes)
    @Returns(Object)
    user(@CurrentPrincipal() caller: Principal) {
      return caller;
    }

    @Get('role')
    @Authenticate('jwt', ...schemes)
    @Roles('a')
    @Returns(String)
    role() {
      return 'in';
    }

    @Get('scope')
    @Authenticate('jwt', ...schemes)
    @Scopes('a')
    @Returns(String)
    scope() {
      return 'in';
    }
  }
  return UsersController;
}

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});
const boot = async (
  options: PassportSchemeOptions,
  jwt: JwtOptions = { secret: TEST_SECRET },
  platform: (typeof PLATFORMS)[number] = 'express',
) => {
  const controllers = [routesOf(passport(s, options))];
  t = await bootApp({ platform, controllers, security: { jwt } });
};
const as = (user: object, path = '/user') => t!.send(`GET ${path}`, { headers: { 'x-user': JSON.stringify(user) } });
const reason = () => (t!.events.at(-1) as { reason?: string }).reason;

describe.each(PLATFORMS)('names with a prefix on %s', (platform) => {
  it('are those of nobody else, of credential and session too', async () => {
    await boot({ ...asItIs, idPrefix: 'saml' }, undefined, platform);
    expect((await as({ id: 'alice', credentialId: 'c', sessionId: 's' })).body).toMatchObject({
      id: 'saml:alice',
      credentialId: 'saml:c',
      sessionId: 'saml:s',
      scheme: 'passport:s',
    });
    expect((await t!.send('GET /user', { token: await tokenFor('alice') })).body).toMatchObject({ id: 'alice' });
    expect((await t!.send('GET /user', { token: await tokenFor('saml:alice') })).status).toBe(401);
    expect(reason()).toBe('sub_of_another_issuer');
  });
});

describe('one name for two people', () => {
  it('stops the boot where the strategy stands beside tokens of ours', async () => {
    await expect(boot(asItIs)).rejects.toThrow(
      'passport("s").idPrefix: undefined is that of tokens of this app too: one `sub` may be two people. ' +
        "Give each its own, e.g. 'acme', or say `dangerouslySharedIds: true` where both know the same people.",
    );
  });

  it('stops the boot where another has the prefix: an issuer, introspection, a strategy', async () => {
    const issuer = { issuer: 'https://id.example', audience: 'api' };
    const endpoint = { endpoint: 'https://id.example/introspect', clientId: 'a', clientSecret: 'b', audience: 'api' };
    await expect(boot({ ...asItIs, idPrefix: 'kc' }, { issuers: [{ ...issuer, idPrefix: 'kc' }] })).rejects.toThrow(
      'security.jwt.issuers[0] too',
    );
    await expect(
      boot({ ...asItIs, idPrefix: 'kc' }, { introspection: { ...endpoint, idPrefix: 'kc' } }),
    ).rejects.toThrow('security.jwt.introspection too');
    const twins = routesOf(passport(s, { ...asItIs, idPrefix: 'x' }), passport(other, { ...asItIs, idPrefix: 'x' }));
    await expect(bootApp({ controllers: [twins] })).rejects.toThrow(
      'passport("other").idPrefix: "x" is that of passport("s")',
    );
  });

  it('is one person where it is the same strategy, on however many routes', async () => {
    @Controller('again')
    class AgainController {
      @Get()
      @Authenticate(passport(s, { ...asItIs, idPrefix: 'x' }))
      @Returns(Object)
      user(@CurrentPrincipal() { id }: Principal) {
        return { id };
      }
    }
    t = await bootApp({ controllers: [routesOf(passport(s, { ...asItIs, idPrefix: 'x' })), AgainController] });
    expect((await as({ id: 'alice' }, '/again')).body).toEqual({ id: 'x:alice' });
  });

  it('is taken where somebody says that it is one person, and the prefix of another is not', async () => {
    await boot(
      { ...asItIs, dangerouslySharedIds: true },
      { issuers: [{ issuer: 'https://id.example', audience: 'api', idPrefix: 'kc' }] },
    );
    expect((await as({ id: 'alice' })).body).toMatchObject({ id: 'alice' });
    for (const [name, user] of [
      ['id', { id: 'kc:alice' }],
      ['credentialId', { id: 'alice', credentialId: 'kc:c' }],
      ['sessionId', { id: 'alice', sessionId: 'kc:s' }],
    ] as const) {
      const answer = await as(user);
      expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Passport' } });
      expect(reason()).toBe(`${name}_of_another_issuer`);
    }
    expect((await as({ id: 'other:alice' })).status).toBe(200);
  });

  it('is not made by a tenant that comes later', async () => {
    const key = namedKey('one');
    const site = await openKeySite(START_MS / 1000);
    site.publish(key.jwk);
    try {
      await boot({ ...asItIs, idPrefix: 'saml' }, { issuerFor: () => site.options({ idPrefix: 'saml' }) });
      expect((await t!.send('GET /user', { token: await site.token(key) })).status).toBe(503);
      expect(reason()).toBe('issuer_id_prefix_taken');
    } finally {
      await site.close();
    }
  });
});

describe('what a user is given', () => {
  const options = { ...asItIs, idPrefix: 'x' };

  it.each(['roles', 'scopes', 'amr'])('is no letter of a text for its %s', async (name) => {
    await boot(options);
    for (const path of ['/user', '/role', '/scope']) {
      expect((await as({ id: 'alice', [name]: 'admin' }, path)).status).toBe(401);
      expect(reason()).toBe('passport_user_unreadable');
    }
    expect((await as({ id: 'alice', [name]: ['admin'] })).body).toMatchObject({ [name]: ['admin'] });
  });

  it('is not the name of another scheme', async () => {
    await boot(options);
    expect((await as({ id: 'alice', scheme: 'jwt' })).body).toMatchObject({ scheme: 'passport:s' });
  });
});

describe('the strategy', () => {
  it('answers each of two calls that wait for it with its own user', async () => {
    const waiting: (() => void)[] = [];
    const slow = {
      name: 'slow',
      authenticate(this: Answering, { headers }: HttpRequest): void {
        waiting.push(() => this.success({ id: String(headers['x-user']) }));
      },
    } as unknown as Strategy;
    t = await bootApp({ controllers: [routesOf(passport(slow, { idPrefix: 'x' }))] });
    const [first, second] = ['alice', 'bob'].map((user) => t!.send('GET /user', { headers: { 'x-user': user } }));
    await expect.poll(() => waiting.length).toBe(2);
    for (const answer of waiting.reverse()) answer();
    expect((await first!).body).toMatchObject({ id: 'x:alice' });
    expect((await second!).body).toMatchObject({ id: 'x:bob' });
    expect(Object.keys(slow)).toEqual(['name', 'authenticate']);
  });

  it('is told to keep no session, whatever its options say', async () => {
    const told: unknown[] = [];
    const nosy = {
      name: 'nosy',
      authenticate(this: Answering, _request: HttpRequest, options: unknown): void {
        told.push(options);
        this.success({ id: 'alice' });
      },
    } as unknown as Strategy;
    const strategyOptions = { session: true, scope: 'profile' };
    t = await bootApp({ controllers: [routesOf(passport(nosy, { idPrefix: 'x', strategyOptions }))] });
    expect((await t.send('GET /user')).status).toBe(200);
    expect(told).toEqual([{ session: false, scope: 'profile' }]);
  });
});

describe('a challenge', () => {
  it.each([
    'A\r\nSet-Cookie: a=b',
    'Ünicode ☃',
    '',
    ' Ticket',
    'Ticket ',
    'Ticket, Other',
    'Ticket realm="a" x',
    'Ticket realm="a\u0000"',
    'Ticket realm="a',
  ])('that no header can hold stops the boot: %j', (challenge) => {
    expect(() => passport(s, { challenge })).toThrow(
      /^passport\(\)\.challenge: .* is no challenge \(RFC 9110 §11\.6\.1\)\. Use a scheme, perhaps with parameters: `Ticket realm="shop"`\.$/s,
    );
  });

  it.each(['Ticket', 'Ticket realm="sh\\"op", x=y', 'Negotiate YWJj=='])('goes out as it is: %s', async (challenge) => {
    @Controller()
    class OnlyController {
      @Get()
      @Authenticate(passport(s, { challenge, idPrefix: 'x' }))
      @Returns(String)
      read() {
        return 'x';
      }
    }
    for (const platform of PLATFORMS) {
      const only = await bootApp({ platform, controllers: [OnlyController] });
      expect(await only.send('GET /')).toMatchObject({ status: 401, headers: { 'www-authenticate': challenge } });
      await only.close();
    }
  });
});
