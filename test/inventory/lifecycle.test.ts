import {
  Body,
  Controller,
  Get,
  Scope,
  NotFoundException,
  Post,
  UseGuards,
  Version,
  VersioningType,
  type INestApplication,
  type VersioningOptions,
} from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { CallerBook } from '../../lib/inventory/lifecycle/caller-book.js';
import {
  BootAudit,
  Deprecated,
  Deprecations,
  InventoryService,
  JwtAuthGuard,
  LifecycleGuard,
  perMinute,
  Public,
  RateLimit,
  Returns,
  secureApp,
  type DeprecatedOptions,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp, type TestAppInit } from '../app.js';
import { tokenFor } from '../tokens.js';

const DAY_MS = 86_400_000;
const SINCE = '2025-12-01';
const SUNSET = '2026-01-11';
/** Ten days after the frozen start. */
const TO_SUNSET_MS = 10 * DAY_MS;

let t: TestApp | undefined;
const boot = async (init: TestAppInit): Promise<TestApp> => (t = await bootApp(init));
afterEach(async () => {
  await t?.close();
  t = undefined;
});

@Controller('users')
class UsersController {
  @Get('plain')
  @Returns(String)
  plain() {
    return 'plain';
  }

  @Get('old')
  @Deprecated({ since: SINCE, sunset: SUNSET, successor: '/users/plain', link: 'https://docs.example.com/old' })
  @Returns(String)
  old() {
    return 'old';
  }

  @Get('undecided')
  @Deprecated({ since: '2027-06-30T12:00:00+02:00' })
  @Returns(String)
  undecided() {
    return 'undecided';
  }

  @Get('graceful')
  @Deprecated({ since: SINCE, sunset: SUNSET, grace: true })
  @Returns(String)
  graceful() {
    return 'graceful';
  }

  @Get('open')
  @Public('tests')
  @Deprecated({ since: SINCE, sunset: SUNSET })
  @Returns(String)
  open() {
    return 'open';
  }

  @Get('item/:id')
  @Deprecated({ since: SINCE, sunset: SUNSET, successor: '/v2/items/:id' })
  @Returns(String)
  item() {
    return 'item';
  }

  @Get('missing')
  @Deprecated({ since: SINCE })
  @Returns(String)
  missing() {
    throw new NotFoundException();
  }

  @Get('limited')
  @Deprecated({ since: SINCE })
  @RateLimit(perMinute(1))
  @Returns(String)
  limited() {
    return 'limited';
  }

  @Post('fails')
  @Deprecated({ since: SINCE })
  @Returns(String)
  fails(@Body() _input: object) {
    throw new Error('crashed');
  }
}

describe.each(PLATFORMS)('a deprecated route on %s', (platform) => {
  const users = () => boot({ platform, controllers: [UsersController] });

  it('says since when, until when, and where to go', async () => {
    const { send } = await users();
    const { status, headers, text } = await send('GET /users/old', { token: await tokenFor('alice') });
    expect({ status, text }).toEqual({ status: 200, text: 'old' });
    // 2025-12-01T00:00:00Z
    expect(headers['deprecation']).toBe('@1764547200');
    expect(headers['sunset']).toBe('Sun, 11 Jan 2026 00:00:00 GMT');
    expect(headers['link']).toBe(
      '</users/plain>; rel="successor-version", <https://docs.example.com/old>; rel="deprecation", ' +
        '<https://docs.example.com/old>; rel="sunset"',
    );
  });

  it('says no more than is known, and others say nothing', async () => {
    const { send } = await users();
    const token = await tokenFor('alice');
    const undecided = await send('GET /users/undecided', { token });
    expect(undecided.headers['deprecation']).toBe(`@${Date.parse('2027-06-30T10:00:00Z') / 1000}`);
    expect(undecided.headers).not.toHaveProperty('sunset');
    expect(undecided.headers).not.toHaveProperty('link');
    expect((await send('GET /users/plain', { token })).headers).not.toHaveProperty('deprecation');
  });

  it('leaves open until when, where nobody said, and has answered that where somebody did', async () => {
    const { app } = await users();
    const endpoints = app.get(InventoryService).endpoints();
    const ofPath = (path: string) => endpoints.find((each) => each.path === path)!;
    expect(ofPath('/users/undecided').open).toContainEqual({
      id: 'API9:2023',
      why: 'it is deprecated, and nobody said until when',
    });
    expect(ofPath('/users/undecided').answers).not.toContain('API9:2023');
    expect(ofPath('/users/old').answers).toContain('API9:2023');
    expect(ofPath('/users/plain').answers).not.toContain('API9:2023');
  });

  it('fills the parameters of this call into the successor, encoded', async () => {
    const { send } = await users();
    const token = await tokenFor('alice');
    const link = async (id: string) => (await send(`GET /users/item/${id}`, { token })).headers['link'];
    expect(await link('7')).toBe('</v2/items/7>; rel="successor-version"');
    expect(await link('a%3E%0D%0Ab%2F..')).toBe('</v2/items/a%3E%0D%0Ab%2F..>; rel="successor-version"');
    expect(await link('x'.repeat(200))).toBeUndefined();
    // Whoever resolves the link would take these for steps, and end up elsewhere.
    expect(await link('%2e%2e')).toBeUndefined();
    expect(await link('%2E')).toBeUndefined();
    expect(await link('...')).toBe('</v2/items/...>; rel="successor-version"');
  });

  it('says so with errors of its handler and of later stages too', async () => {
    const { send } = await users();
    const token = await tokenFor('alice');
    const missing = await send('GET /users/missing', { token });
    expect([missing.status, missing.headers['deprecation']]).toEqual([404, '@1764547200']);
    const failed = await send('POST /users/fails', { token, body: {} });
    expect([failed.status, failed.headers['deprecation']]).toEqual([500, '@1764547200']);
  });

  it('says nothing to those who are not let in', async () => {
    const { send } = await users();
    const stranger = await send('GET /users/old');
    expect(stranger.status).toBe(401);
    expect(stranger.headers).not.toHaveProperty('deprecation');
    expect(stranger.headers).not.toHaveProperty('link');
    const token = await tokenFor('alice');
    await send('GET /users/limited', { token });
    expect((await send('GET /users/limited', { token })).status).toBe(429);
  });

  it('is answered until the sunset, and 410 from that second on', async () => {
    const { send, clock, events } = await users();
    clock.advance(TO_SUNSET_MS - 1000);
    const open = () => send('GET /users/open');
    expect((await open()).status).toBe(200);
    clock.advance(1000);
    events.length = 0;
    const gone = await open();
    expect(gone).toMatchObject({
      status: 410,
      body: { type: 'about:blank', title: 'This is no longer served.', status: 410, sunset: SUNSET },
    });
    expect(gone.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(gone.headers['cache-control']).toBe('no-store');
    expect(gone.headers['sunset']).toBe('Sun, 11 Jan 2026 00:00:00 GMT');
    expect(events).toMatchObject([
      { kind: 'access_refused', stage: 'lifecycle', code: 'gone', reason: `sunset_passed: ${SUNSET}` },
    ]);
  });

  it('names the successor in the 410, where there is one', async () => {
    const { send, clock } = await users();
    clock.advance(TO_SUNSET_MS);
    const exp = START_MS / 1000 + 20 * 86_400;
    const token = await tokenFor('alice', { iat: (START_MS + TO_SUNSET_MS) / 1000, exp });
    const { status, body } = await send('GET /users/item/7', { token });
    expect([status, body.successor]).toEqual([410, '/v2/items/7']);
    const step = await send('GET /users/item/%2e%2e', { token });
    expect([step.status, step.body.successor]).toEqual([410, undefined]);
  });

  it('names the last few of its callers, whoever else there was', async () => {
    const { send, app, clock } = await users();
    for (const id of ['alice', 'bob', 'carol']) {
      await send('GET /users/old', { token: await tokenFor(id) });
      clock.advance(1000);
    }
    await send('GET /users/old', { token: await tokenFor('alice') });
    const old = app
      .get(Deprecations)
      .routes(2)
      .find(({ route }) => route === 'UsersController.old')!;
    expect(old.callers.map(({ id, calls }) => [id, calls])).toEqual([
      ['alice', 2],
      ['carol', 1],
    ]);
    expect([old.calls, old.forgotten]).toEqual([4, 1]);
  });

  it('with grace is answered on, and only told of, once an hour per caller', async () => {
    const { send, clock, events } = await users();
    clock.advance(TO_SUNSET_MS);
    const token = await tokenFor('alice', {
      iat: (START_MS + TO_SUNSET_MS) / 1000,
      exp: START_MS / 1000 + 20 * 86_400,
    });
    const told = () => events.filter(({ kind }) => kind === 'deprecated_called');
    for (let call = 0; call < 3; call++) expect((await send('GET /users/graceful', { token })).status).toBe(200);
    expect(told()).toMatchObject([
      { level: 'warning', isGone: true, subject: { route: 'UsersController.graceful', principal: { id: 'alice' } } },
    ]);
    clock.advance(3_600_000);
    await send('GET /users/graceful', { token });
    expect(told()).toHaveLength(2);
  });

  it('counts who still calls, and nobody who is refused before', async () => {
    const { send, app, clock } = await users();
    const token = await tokenFor('alice');
    await send('GET /users/old', { token });
    clock.advance(5000);
    await send('GET /users/old', { token });
    await send('GET /users/old');
    await send('GET /users/open', { from: '127.0.0.7' });
    const deprecations = app.get(Deprecations);
    const old = deprecations.routes().find(({ route }) => route === 'UsersController.old');
    expect(old).toEqual({
      route: 'UsersController.old',
      paths: [{ method: 'GET', path: '/users/old' }],
      since: SINCE,
      sunset: SUNSET,
      successor: '/users/plain',
      link: 'https://docs.example.com/old',
      isGone: false,
      grace: false,
      calls: 2,
      callers: [
        { kind: 'principal', id: 'alice', scheme: 'jwt', calls: 2, firstMs: START_MS, lastMs: START_MS + 5000 },
      ],
      forgotten: 0,
    });
    expect(deprecations.callers().map(({ route, id }) => `${route} ${id}`)).toEqual([
      'UsersController.old alice',
      'UsersController.open 127.0.0.7',
    ]);
    expect(deprecations.routes().find(({ route }) => route === 'UsersController.undecided')).toMatchObject({
      calls: 0,
      callers: [],
    });
  });

  it('goes on counting after the sunset: those are the ones who will complain', async () => {
    const { send, app, clock } = await users();
    clock.advance(TO_SUNSET_MS);
    await send('GET /users/open');
    expect(
      app
        .get(Deprecations)
        .routes()
        .find(({ route }) => route === 'UsersController.open'),
    ).toMatchObject({
      isGone: true,
      calls: 1,
      callers: [{ kind: 'address', id: '127.0.0.1', calls: 1 }],
    });
  });

  it('stands in the inventory', async () => {
    const { app } = await users();
    const endpoint = app
      .get(InventoryService)
      .endpoints()
      .find(({ path }) => path === '/users/old');
    expect(endpoint?.lifecycle).toEqual({
      since: SINCE,
      sunset: SUNSET,
      successor: '/users/plain',
      link: 'https://docs.example.com/old',
    });
    expect(endpoint?.checks.find(({ stage }) => stage === 'lifecycle')?.summary).toBe(
      `Deprecated since ${SINCE}, 410 from ${SUNSET}, then /users/plain`,
    );
  });

  it('may be a whole class, one handler of which says otherwise', async () => {
    @Controller('reports')
    @Public('tests')
    @Deprecated({ since: SINCE, sunset: SUNSET })
    class ReportsController {
      @Get('all')
      all() {
        return 'all';
      }
      @Get('kept')
      @Deprecated({ since: SINCE })
      kept() {
        return 'kept';
      }
    }
    const { send } = await boot({ platform, controllers: [ReportsController] });
    expect((await send('GET /reports/all')).headers['sunset']).toBe('Sun, 11 Jan 2026 00:00:00 GMT');
    const kept = await send('GET /reports/kept');
    expect(kept.headers['deprecation']).toBe('@1764547200');
    expect(kept.headers).not.toHaveProperty('sunset');
  });

  it('has a guard of its own, where the app does without the global one', async () => {
    @Controller('own')
    class OwnController {
      @Get('with')
      @UseGuards(JwtAuthGuard, LifecycleGuard)
      @Deprecated({ since: SINCE })
      @Returns(String)
      with() {
        return '';
      }
      @Get('without')
      @UseGuards(JwtAuthGuard)
      @Deprecated({ since: SINCE })
      @Returns(String)
      without() {
        return '';
      }
    }
    const { send, app } = await boot({ platform, controllers: [OwnController], security: { globalGuards: false } });
    const token = await tokenFor('alice');
    expect((await send('GET /own/with', { token })).headers['deprecation']).toBe('@1764547200');
    expect((await send('GET /own/without', { token })).headers).not.toHaveProperty('deprecation');
    const unenforced = app
      .get(BootAudit)
      .findings()
      .filter(({ id }) => id === 'inventory/unenforced-rule');
    expect(unenforced.map(({ where }) => where)).toEqual(['OwnController.without (GET /own/without)']);
  });

  it('lets pages of other origins read its headers', async () => {
    const origin = 'https://app.example.com';
    const prepare = (app: INestApplication) => secureApp(app, { origins: [origin] });
    const { send } = await boot({ platform, controllers: [UsersController], prepare });
    const { headers } = await send('GET /users/open', { headers: { origin } });
    expect(headers['access-control-expose-headers']).toMatch(/\bDeprecation, Sunset, Link\b/);
  });
});

describe.each(PLATFORMS)('versions on %s', (platform) => {
  @Controller('things')
  @Public('tests')
  class ThingsController {
    @Get()
    @Version('1')
    @Deprecated({ since: SINCE, sunset: SUNSET, successor: '/v2/things' })
    first() {
      return 'first';
    }
    @Get()
    @Version('2')
    second() {
      return 'second';
    }
  }

  it.each<[way: string, options: VersioningOptions, call: (version: string) => [string, Record<string, string>]]>([
    ['in the path', { type: VersioningType.URI }, (version) => [`GET /v${version}/things`, {}]],
    [
      'in a header',
      { type: VersioningType.HEADER, header: 'x-version' },
      (version) => ['GET /things', { 'x-version': version }],
    ],
    [
      'in the media type',
      { type: VersioningType.MEDIA_TYPE, key: 'v=' },
      (version) => ['GET /things', { accept: `application/json;v=${version}` }],
    ],
  ])('%s end one by one', async (_way, options, call) => {
    const prepare = (app: INestApplication) => app.enableVersioning(options);
    const { send, clock } = await boot({ platform, controllers: [ThingsController], prepare });
    const answerOf = async (version: string) => {
      const [line, headers] = call(version);
      const answer = await send(line, { headers });
      return [answer.status, answer.headers['deprecation'], answer.headers['link']];
    };
    const link = '</v2/things>; rel="successor-version"';
    expect(await answerOf('1')).toEqual([200, '@1764547200', link]);
    expect(await answerOf('2')).toEqual([200, undefined, undefined]);
    clock.advance(TO_SUNSET_MS);
    expect(await answerOf('1')).toEqual([410, '@1764547200', link]);
    expect(await answerOf('2')).toEqual([200, undefined, undefined]);
  });
});

describe('what is said of the end of a route', () => {
  const saying = (options: unknown) => () => Deprecated(options as DeprecatedOptions);

  it.each<[what: string, options: unknown, complaint: string]>([
    ['no date', {}, '@Deprecated().since: undefined is not a date.'],
    ['nothing', undefined, '@Deprecated().since: undefined is not a date.'],
    ['a date that is not in the calendar', { since: '2026-02-30' }, '@Deprecated().since: "2026-02-30" is not a date.'],
    ['a date of a country', { since: '01/02/2026' }, 'is not a date.'],
    ['a time without offset', { since: '2026-01-01T10:00:00' }, 'is not a date.'],
    ['an hour that there is not', { since: '2026-01-01T25:00:00Z' }, 'is not a date.'],
    ['a number', { since: 1_767_225_600 }, 'is not a date.'],
    ['a date gone wrong', { since: new Date('never') }, '@Deprecated().since: "Invalid Date" is not a date.'],
    [
      'a sunset before it is deprecated',
      { since: '2026-06-30', sunset: '2026-06-29' },
      '@Deprecated().sunset: "2026-06-29" is before `since` (2026-06-30).',
    ],
    ['grace without a sunset', { since: SINCE, grace: true }, '@Deprecated().grace: true has no sunset'],
    ['a slip', { since: SINCE, sucessor: '/x' }, 'Did you mean `@Deprecated().successor`?'],
    ['a successor that ends its header', { since: SINCE, successor: '/a>\r\nSet-Cookie: a=b' }, 'is no path or URL.'],
    ['a successor with a quote', { since: SINCE, successor: '/a"b' }, 'is no path or URL.'],
    ['a successor on whatever host', { since: SINCE, successor: '//evil.example' }, 'is no path or URL.'],
    ['a link that runs', { since: SINCE, link: 'javascript:alert(1)' }, 'is no path or URL.'],
    ['a bare word', { since: SINCE, link: 'v2' }, 'is no path or URL.'],
  ])('is refused: %s', (_what, options, complaint) => {
    expect(saying(options)).toThrow(TypeError);
    expect(saying(options)).toThrow(complaint);
  });

  it.each<[what: string, options: DeprecatedOptions]>([
    ['a day', { since: '2024-02-29' }],
    ['the same day twice', { since: SINCE, sunset: SINCE }],
    ['a Date', { since: new Date(START_MS), sunset: new Date(START_MS + 1) }],
    ['a time with offset', { since: '2026-01-01T00:30+14:00' }],
    ['a URL with a port', { since: SINCE, successor: 'https://api.example.com:8443/v2?x=1#y' }],
    ['the root', { since: SINCE, successor: '/' }],
  ])('is taken: %s', (_what, options) => {
    expect(saying(options)).not.toThrow();
  });

  it('stops the boot where the successor names a parameter that is not there', async () => {
    @Controller('posts')
    class PostsController {
      @Get(':postId')
      @Deprecated({ since: SINCE, successor: '/v2/posts/:id' })
      find() {
        return '';
      }
    }
    await expect(boot({ controllers: [PostsController] })).rejects.toThrow(
      '@Deprecated().successor on PostsController.find: "/v2/posts/:id" names :id, which /posts/:postId does not have.',
    );
  });
});

describe('the boot audit', () => {
  @Controller('ends')
  @Public('tests')
  class EndsController {
    @Get('v1/:id')
    @Deprecated({ since: '2025-01-01', sunset: '2025-06-01', successor: '/ends/v2/:id' })
    @Returns(String)
    first() {
      return '';
    }
    @Get('v2/:number')
    @Deprecated({ since: SINCE, sunset: SUNSET, successor: '/ends/v3' })
    @Returns(String)
    second() {
      return '';
    }
    @Get('graceful')
    @Deprecated({ since: '2025-01-01', sunset: '2025-06-01', grace: true, successor: 'https://other.example/v3' })
    @Returns(String)
    graceful() {
      return '';
    }
  }

  it('finds routes past their sunset and successors that are not there, and nothing where all is well', async () => {
    const prepare = (app: INestApplication) => secureApp(app);
    const { app } = await boot({ controllers: [EndsController], prepare });
    const found = app
      .get(BootAudit)
      .findings()
      .filter(({ id }) => id.startsWith('lifecycle/'));
    expect(found.map(({ id, where }) => `${id} ${where.split(' ')[0]}`)).toEqual([
      'lifecycle/past-sunset EndsController.first',
      'lifecycle/unknown-successor EndsController.second',
      'lifecycle/past-sunset EndsController.graceful',
    ]);
    expect(found[0]).toMatchObject({ severity: 'warning', references: ['API9:2023', 'RFC 8594'] });
  });
});

describe('the memory of callers', () => {
  const from = (address: string) => ({ address, principal: undefined });

  it('has an end, and drops whoever was silent longest', () => {
    const book = new CallerBook();
    for (let each = 0; each < 1000; each++) book.note(from(`10.0.${each >> 8}.${each & 255}`), each);
    book.note(from('10.0.0.0'), 2000);
    book.note(from('192.0.2.1'), 3000);
    const ids = book.callers().map(({ id }) => id);
    expect(ids).toHaveLength(1000);
    expect(ids.slice(0, 2)).toEqual(['192.0.2.1', '10.0.0.0']);
    expect(ids).not.toContain('10.0.0.1');
    expect([book.calls, book.forgotten]).toEqual([1002, 1]);
  });

  it('tells of a caller again when the clock was set back', () => {
    const book = new CallerBook();
    expect([
      book.note(from('192.0.2.1'), 5000),
      book.note(from('192.0.2.1'), 5001),
      book.note(from('192.0.2.1'), 10),
    ]).toEqual([true, false, true]);
  });
});

describe('a controller that is made anew for each request and wraps its handlers', () => {
  it('is one deprecated route, however often it is called', async () => {
    @Controller({ path: 'fresh', scope: Scope.REQUEST })
    @Public('tests')
    class FreshController {
      constructor() {
        const { read } = this;
        const wrapped = () => read.call(this);
        for (const key of Reflect.getMetadataKeys(read) as unknown[]) {
          Reflect.defineMetadata(key, Reflect.getMetadata(key, read), wrapped);
        }
        Object.defineProperty(wrapped, 'name', { value: 'read' });
        this.read = wrapped;
      }
      @Get()
      @Deprecated({ since: SINCE })
      @Returns(String)
      read() {
        return 'fresh';
      }
    }
    const { app, send } = await boot({ controllers: [FreshController] });
    for (let index = 0; index < 5; index++) expect((await send('GET /fresh')).status).toBe(200);
    expect(app.get(Deprecations).routes()).toMatchObject([{ route: 'FreshController.read', calls: 5 }]);
  });
});
