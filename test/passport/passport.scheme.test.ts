/** Any passport strategy as one more scheme. */

import { Controller, Get, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { Strategy } from 'passport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Authenticate,
  CurrentPrincipal,
  passport,
  Public,
  Returns,
  Roles,
  type HttpRequest,
  type Principal,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

type Verify = (ticket: string, done: (error: unknown, user?: unknown) => void) => void;

/** A strategy as people write them: it reads a header, and asks a callback who that is. */
class TicketStrategy {
  name = 'ticket';
  constructor(private readonly verify: Verify) {}

  authenticate(this: TicketStrategy & Answering, request: HttpRequest): void {
    const ticket = request.headers['x-ticket'];
    if (typeof ticket !== 'string') return this.fail('Ticket', 401);
    if (ticket === 'redirect') return this.redirect('https://login.example.com');
    if (ticket === 'pass') return this.pass();
    if (ticket === 'throw') throw new Error('the strategy crashed');
    if (ticket === 'hang') return;
    this.verify(ticket, (error, user) => {
      if (error) this.error(error);
      else if (user) this.success(user);
      else this.fail('Ticket', 401);
    });
  }
}

interface Answering {
  success(user: unknown): void;
  fail(challenge: string, status: number): void;
  redirect(url: string): void;
  pass(): void;
  error(error: unknown): void;
}

@Injectable()
class NestTicketStrategy extends PassportStrategy(TicketStrategy, 'ticket') {
  validate(ticket: string): unknown {
    if (ticket === 'broken') throw new Error('the directory is down');
    if (ticket === 'nobody') return undefined;
    if (ticket === 'nameless') return { name: 'no id' };
    return { id: ticket, roles: ticket === 'ada' ? ['admin'] : [], secret: 'hash' };
  }
}

/** The strategy knows the people that our own tokens name, by the same ids. */
const SHARED = { dangerouslySharedIds: true };

const hasTicket = ({ headers }: HttpRequest) => 'x-ticket' in headers;
const byLength = {
  name: 'length',
  authenticate(this: Answering, request: HttpRequest): void {
    this.success({ uid: String(request.headers['x-ticket']).length });
  },
} as unknown as Strategy;

@Controller()
class TicketController {
  @Get('ticket')
  @Authenticate(passport('ticket', { ...SHARED, timeoutMs: 50 }))
  @Returns(Object)
  ticket(@CurrentPrincipal() caller: Principal) {
    return caller;
  }

  @Get('both')
  @Authenticate('jwt', passport('ticket', { ...SHARED, presents: hasTicket, challenge: 'Ticket' }))
  @Returns(Object)
  both(@CurrentPrincipal() { id, scheme }: Principal) {
    return { id, scheme };
  }

  @Get('admin')
  @Authenticate(passport('ticket', SHARED))
  @Roles('admin')
  @Returns(String)
  admin() {
    return 'admin';
  }

  @Get('length')
  @Authenticate(
    passport(byLength, {
      ...SHARED,
      toPrincipal: (user) => {
        const { uid } = user as { uid: number };
        if (uid === 3) return undefined;
        if (uid > 9) throw new Error('too long');
        return { id: `l-${uid}`, scopes: ['x'] };
      },
    }),
  )
  @Returns(Object)
  length(@CurrentPrincipal() { id, scheme, scopes }: Principal) {
    return { id, scheme, scopes };
  }

  @Get('bearer')
  @Returns(String)
  bearer() {
    return 'bearer';
  }
}

@Controller('open')
@Authenticate(passport('ticket', { ...SHARED, presents: hasTicket }))
class OpenController {
  @Get()
  @Public('greets everybody')
  @Returns(String)
  hello(@CurrentPrincipal() caller?: Principal) {
    return caller?.id ?? 'stranger';
  }
}

const crash = (): never => {
  throw new Error('the app’s function crashed');
};
const later = () => Promise.resolve(true) as never;
const failsLater = () => Promise.reject(new Error('later')) as never;

@Controller('odd')
class OddController {
  @Get('presents-throws')
  @Authenticate(passport('ticket', { ...SHARED, presents: crash }))
  @Returns(String)
  a() {
    return 'a';
  }

  @Get('presents-later')
  @Authenticate(passport('ticket', { ...SHARED, presents: later }))
  @Returns(String)
  b() {
    return 'b';
  }

  @Get('presents-fails-later')
  @Authenticate(passport('ticket', { ...SHARED, presents: failsLater }))
  @Returns(String)
  c() {
    return 'c';
  }

  @Get('principal-throws')
  @Authenticate(passport('ticket', { ...SHARED, toPrincipal: crash }))
  @Returns(String)
  d() {
    return 'd';
  }

  @Get('principal-later')
  @Authenticate(passport('ticket', { ...SHARED, toPrincipal: later }))
  @Returns(String)
  e() {
    return 'e';
  }

  @Get('principal-fails-later')
  @Authenticate(passport('ticket', { ...SHARED, toPrincipal: failsLater }))
  @Returns(String)
  f() {
    return 'f';
  }
}

const UNAUTHENTICATED = { type: 'about:blank', title: 'Valid credentials are required.', status: 401 };

describe.each(PLATFORMS)('a passport strategy on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({
      platform,
      controllers: [TicketController, OpenController, OddController],
      providers: [NestTicketStrategy],
    });
  });
  afterAll(() => t.close());
  const get = (path: string, ticket?: string, from?: string) =>
    t.send(`GET ${path}`, { ...(ticket !== undefined && { headers: { 'x-ticket': ticket } }), ...(from && { from }) });

  it('lets its user in as a principal, without what else it knows of them', async () => {
    const answer = await get('/ticket', 'alice');
    expect(answer).toMatchObject({
      status: 200,
      body: { id: 'alice', scheme: 'passport:ticket', roles: [], claims: {} },
    });
    expect(answer.text).not.toContain('hash');
  });

  it('grants the roles of its user, and no others', async () => {
    expect((await get('/admin', 'ada')).status).toBe(200);
    expect((await get('/admin', 'alice')).status).toBe(403);
  });

  it.each([
    ['none', undefined, 'passport_failed'],
    ['one of nobody', 'nobody', 'passport_failed'],
    ['one without an id', 'nameless', 'passport_user_refused'],
    ['one that leads to a login page', 'redirect', 'passport_redirect'],
    ['one that it has no opinion on', 'pass', 'passport_passed'],
  ])('refuses %s', async (_what, ticket, reason) => {
    t.events.length = 0;
    const answer = await get('/ticket', ticket, '127.0.0.2');
    expect(answer).toMatchObject({ status: 401, body: UNAUTHENTICATED, headers: { 'www-authenticate': 'Passport' } });
    expect(answer.headers.location).toBeUndefined();
    expect(t.events).toContainEqual(expect.objectContaining({ stage: 'authentication', reason }));
  });

  it.each([
    ['fails', 'broken', 'passport_error'],
    ['crashes', 'throw', 'passport_error'],
    ['never answers', 'hang', 'passport_timeout'],
  ])('is a 503 where it %s', async (_what, ticket, reason) => {
    t.events.length = 0;
    const answer = await get('/ticket', ticket, '127.0.0.3');
    expect(answer.status).toBe(503);
    expect(answer.text).not.toContain('directory');
    expect(JSON.stringify(t.events)).toContain(reason);
  });

  it.each([
    ['counted as a guess where a ticket was there', '/both', 'nobody', 'invalid_token'],
    ['not counted where nobody can say', '/ticket', 'nobody', 'unauthenticated'],
  ])('has its refusal %s', async (_what, path, ticket, code) => {
    t.events.length = 0;
    expect((await get(path, ticket, '127.0.0.5')).status).toBe(401);
    const kind = code === 'invalid_token' ? 'credential_refused' : 'access_refused';
    expect(t.events.map((event) => event.kind)).toContain(kind);
  });

  it.each(['throws', 'later', 'fails-later'])('refuses where the app’s own function %s', async (path) => {
    for (const of of ['presents', 'principal']) {
      const answer = await get(`/odd/${of}-${path}`, 'alice', '127.0.0.6');
      expect([of, answer.status]).toEqual([of, 401]);
    }
    await new Promise(setImmediate);
  });

  it('stands beside tokens', async () => {
    const token = await tokenFor('bob');
    expect((await t.send('GET /both', { token })).body).toEqual({ id: 'bob', scheme: 'jwt' });
    expect((await get('/both', 'alice')).body).toEqual({ id: 'alice', scheme: 'passport:ticket' });
    const none = await get('/both');
    expect(none.status).toBe(401);
    expect(none.headers['www-authenticate']).toBe('Bearer, Ticket');
    expect((await t.send('GET /both', { token, headers: { 'x-ticket': 'alice' } })).status).toBe(400);
    expect((await t.send('GET /both', { token: `${token}x` })).status).toBe(401);
  });

  it('does not open routes that do not ask for it', async () => {
    expect((await get('/bearer', 'alice')).status).toBe(401);
  });

  it('greets its callers on open routes, and refuses what is broken there', async () => {
    expect((await get('/open', 'alice')).text).toContain('alice');
    expect((await get('/open')).text).toContain('stranger');
    expect((await get('/open', 'nobody', '127.0.0.4')).status).toBe(401);
  });

  it('is given as it is, with a way to read its user', async () => {
    expect((await get('/length', '1234')).body).toEqual({ id: 'l-4', scheme: 'passport:length', scopes: ['x'] });
    expect((await get('/length', '123')).status).toBe(401);
    expect((await get('/length', '1234567890')).status).toBe(401);
  });
});

describe('the boot', () => {
  it('refuses a strategy that passport does not know', async () => {
    @Controller()
    class LostController {
      @Get()
      @Authenticate(passport('kerberos'))
      @Returns(String)
      read() {
        return 'x';
      }
    }
    await expect(bootApp({ controllers: [LostController] })).rejects.toThrow(
      '@Authenticate(passport()) on LostController.read: "kerberos" is not a strategy that passport knows. ' +
        'Add the class that extends PassportStrategy to the `providers` of a module, or call passport.use().',
    );
  });

  it.each([
    [() => passport(''), 'passport(): "" is not a non-empty string. Name a strategy, e.g. passport(\'saml\').'],
    [() => passport({} as never), 'passport(): an object is no strategy.'],
    [
      () => passport('x', { present: 1 } as never),
      'passport().present: unknown option. Did you mean `passport().presents`?',
    ],
    [() => passport('x', { toPrincipal: 'id' } as never), 'passport().toPrincipal: "id" is not a function.'],
    [() => passport('x', { idPrefix: 'a:b' }), 'passport().idPrefix: "a:b" is no short name.'],
    [() => passport('x', { dangerouslySharedIds: 1 as never }), 'passport().dangerouslySharedIds: 1'],
    [() => passport('x', { timeoutMs: -1 }), 'passport().timeoutMs: -1 is not a positive whole number.'],
  ])('refuses options that cannot be meant', (make, message) => {
    expect(make).toThrow(message);
  });
});
