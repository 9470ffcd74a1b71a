/** What answers hold: the attack finds fields, secrets, insides and caches that should not be, and says nothing of what should. */

import { Controller, Get, Header, HttpException, Param, Post, Query, Res } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  CurrentPrincipal,
  OwnerId,
  Public,
  Returns,
  secureApp,
  SecurityError,
  VisibleTo,
  VisibleToOwner,
  type Principal,
} from '../../../lib/index.js';
import { InventoryService } from '../../../lib/inventory/inventory.service.js';
import type { Inventory } from '../../../lib/inventory/inventory.service.js';
import { attack } from '../../../lib/testing/index.js';
import { bootApp, PLATFORMS, type TestAppInit } from '../../app.js';
import { attacked, told } from './attacked.js';

interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly notes: string;
  readonly passwordHash: string;
}

const person = (id: string): Person => ({
  id,
  name: `person ${id}`,
  email: `${id}@example.com`,
  notes: 'pays late',
  passwordHash: `$2b$12$${'a'.repeat(53)}`,
});

class PersonView {
  @OwnerId()
  id!: string;

  name!: string;

  @VisibleTo('admin')
  @VisibleToOwner()
  email!: string;

  @VisibleTo('admin')
  notes!: string;
}

@Controller('people')
class PeopleController {
  @Get()
  @Returns([PersonView])
  list() {
    return ['7', '8'].map(person);
  }

  @Get(':id')
  @Returns(PersonView)
  find(@Param('id') id: string) {
    return person(id);
  }

  @Post()
  @Returns(PersonView)
  add(@CurrentPrincipal() { id }: Principal) {
    return person(id);
  }
}

const principals = { alice: { id: '7', roles: ['user'] }, ada: { id: '9', roles: ['admin'] } };
const security = { roles: { hierarchy: { admin: ['user'], user: [] } } };
const only = ['answer/', 'control/'];

type Reply = { send?(body: unknown): void; json?(body: unknown): void };

describe.each(PLATFORMS)('attacks on answers (%s)', (platform) => {
  const app = (controllers: NonNullable<TestAppInit['controllers']>): TestAppInit => ({
    platform,
    security,
    controllers,
    prepare: (made) => secureApp(made),
  });

  /** The inventory of another app, as it was before somebody changed it. */
  async function inventoryOf(init: TestAppInit): Promise<Inventory> {
    const test = await bootApp(init);
    try {
      return test.app.get(InventoryService).inventory();
    } finally {
      await test.close();
    }
  }

  it('gives one that is asked for alone an answer to look at, and reports nothing else', async () => {
    const { report } = await attacked(app([PeopleController]), { principals, only: ['GET /people answer/secrets'] });
    expect(report.results.map((each) => `${each.case} ${each.verdict}`)).toContain('answer/secrets held');
    expect(new Set(report.results.map((each) => each.case))).toEqual(new Set(['answer/secrets']));
  });

  it('reports nothing where everybody gets what is declared for them', async () => {
    const { broken, at } = await attacked(app([PeopleController]), { principals, only });
    expect(broken).toEqual([]);
    for (const endpoint of ['GET /people', 'GET /people/:id']) {
      expect(at(endpoint, 'answer/hidden-fields')).toBe('held');
      expect(at(endpoint, 'answer/missing-field')).toBe('held');
      expect(at(endpoint, 'answer/secrets')).toBe('held');
      expect(at(endpoint, 'answer/cache')).toBe('held');
    }
    expect(at('POST /people', 'answer/hidden-fields')).toBe('held');
  });

  it('finds what a handler writes past the filter', async () => {
    @Controller('people')
    class Careless {
      @Get(':id')
      @Returns(PersonView)
      find(@Param('id') id: string, @Res() response: Reply) {
        response.send!(person(id));
      }

      @Post()
      @Returns(PersonView)
      add(@Res() response: Reply) {
        response.send!({ ...person('8'), passwordHash: undefined });
      }
    }
    const baseline = await inventoryOf(app([PeopleController]));
    const { at } = await attacked(app([Careless]), { principals, baseline, only });
    expect(at('GET /people/:id', 'answer/hidden-fields')).toBe('broken: notes is for admin, and alice sees it');
    expect(at('GET /people/:id', 'answer/secrets')).toBe(
      'broken: the field passwordHash is in the answer, and nobody declared it',
    );
    expect(at('POST /people', 'answer/hidden-fields')).toBe('broken: email is for owner, admin, and alice sees it');
  });

  it.each([
    ['@VisibleTo() of one field', [], ['answer/hidden-fields', 'notes is for admin, and alice sees it']],
    [
      '@VisibleTo() beside @VisibleToOwner()',
      [],
      ['answer/missing-field', 'email of 7 is there for alice, and not for ada'],
    ],
    ['@VisibleToOwner()', [], ['answer/missing-field', 'email of 7 is there for ada, and not for alice']],
    ['@OwnerId()', [], ['answer/missing-field', 'fields of PersonView are for its owner, and no @OwnerId() says who']],
  ])('finds that %s is gone', async (what, _, [id, why]) => {
    const baseline = await inventoryOf(app([PeopleController]));
    const views: Readonly<Record<string, () => new () => object>> = {
      '@VisibleTo() of one field': () => {
        class PersonView {
          @OwnerId() id!: string;
          name!: string;
          @VisibleTo('admin') @VisibleToOwner() email!: string;
          notes!: string;
        }
        return PersonView;
      },
      '@VisibleTo() beside @VisibleToOwner()': () => {
        class PersonView {
          @OwnerId() id!: string;
          name!: string;
          @VisibleToOwner() email!: string;
          @VisibleTo('admin') notes!: string;
        }
        return PersonView;
      },
      '@VisibleToOwner()': () => {
        class PersonView {
          @OwnerId() id!: string;
          name!: string;
          @VisibleTo('admin') email!: string;
          @VisibleTo('admin') notes!: string;
        }
        return PersonView;
      },
      '@OwnerId()': () => {
        class PersonView {
          id!: string;
          name!: string;
          @VisibleTo('admin') @VisibleToOwner() email!: string;
          @VisibleTo('admin') notes!: string;
        }
        return PersonView;
      },
    };
    const View = views[what]!();
    @Controller('people')
    class Changed {
      @Get(':id')
      @Returns(View)
      find(@Param('id') id: string) {
        return person(id);
      }
    }
    // The object is somebody's, and both of them look at it.
    const { at } = await attacked(app([Changed]), { principals, baseline, only });
    expect(at('GET /people/:id', id!)).toContain(`broken: ${why}`);
  });

  it('finds secrets by what they look like, and lets through what is declared', async () => {
    class IssuedView {
      secret!: string;
    }
    @Controller('keys')
    class KeysController {
      @Get('declared')
      @Returns(IssuedView)
      declared() {
        return { secret: 'shown once' };
      }

      @Get('digest')
      @Returns(IssuedView)
      digest() {
        return { secret: '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA' };
      }

      @Get('open')
      @Returns(Object)
      open() {
        return { nested: [{ value: '-----BEGIN EC PRIVATE KEY-----\nMHcC' }] };
      }

      @Get('named')
      @Returns(Object)
      named() {
        return { items: [{ client_secret: 'x' }] };
      }

      @Get('plain')
      @Returns(String)
      plain() {
        return '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA';
      }
    }
    const { at } = await attacked(app([KeysController]), { principals, only });
    expect(at('GET /keys/declared', 'answer/secrets')).toBe('held');
    expect(at('GET /keys/digest', 'answer/secrets')).toBe('broken: an argon2 digest is in the answer, in secret');
    expect(at('GET /keys/open', 'answer/secrets')).toBe('broken: a private key is in the answer, in value');
    expect(at('GET /keys/named', 'answer/secrets')).toContain('broken: the field client_secret is in the answer');
    expect(at('GET /keys/plain', 'answer/secrets')).toBe('broken: an argon2 digest is in the answer');
  });

  it('finds failures, and what errors tell of the insides', async () => {
    @Controller('errors')
    class ErrorsController {
      @Get('crash')
      @Returns(Object)
      crash(): object {
        throw new Error('ECONNREFUSED 127.0.0.1:5432');
      }

      @Get('away')
      @Returns(Object)
      away(): object {
        throw new SecurityError('unavailable', { reason: 'upstream' });
      }

      @Get('stack')
      @Returns(Object)
      stack(@Res() response: { status(code: number): Reply }) {
        response.status(422).send!({ message: new Error('no').stack });
      }

      @Get('html')
      @Returns(Object)
      html(@Res() response: { status(code: number): { header(name: string, value: string): Reply } }) {
        response.status(404).header('content-type', 'text/html').send!('<p>nothing here</p>');
      }

      @Get('echo')
      @Returns(Object)
      echo(@Query('q') q: string): object {
        throw new HttpException({ message: `${q} is no number` }, 400);
      }
    }
    const { at } = await attacked(app([ErrorsController]), {
      principals,
      fixtures: { 'GET /errors/echo': { own: { query: { q: 'TypeError: x' } } } },
      only: ['answer/', 'cors/wildcard'],
    });
    expect(at('GET /errors/crash', 'answer/server-error')).toBe('broken: a request is answered 500');
    expect(at('GET /errors/crash', 'answer/internals')).toBe('held');
    expect(at('GET /errors/away', 'answer/server-error')).toBe('held');
    expect(at('GET /errors/stack', 'answer/internals')).toContain('broken: an error tells a stack frame: at ');
    expect(at('GET /errors/html', 'answer/internals')).toMatch(
      /^broken: an error is text\/html.*, not application\/problem\+json$/,
    );
    expect(at('GET /errors/echo', 'answer/internals')).toBe('held');
  });

  it('finds answers that a cache would keep for others', async () => {
    @Controller('cached')
    class CachedController {
      @Get('mine')
      @Header('Cache-Control', 'public, max-age=60')
      @Returns(PersonView)
      mine() {
        return person('7');
      }

      @Get('private')
      @Header('Cache-Control', 'private, max-age=60')
      @Returns(PersonView)
      private() {
        return person('7');
      }

      @Get('open')
      @Public('for everybody')
      @Header('Cache-Control', 'public, max-age=60')
      @Returns(String)
      open() {
        return 'news';
      }

      @Get('token')
      @Public('logs in')
      @Header('Cache-Control', 'max-age=60')
      @Returns(Object)
      token() {
        return { access_token: 'x' };
      }
    }
    const { at } = await attacked(app([CachedController]), { principals, only });
    expect(at('GET /cached/mine', 'answer/cache')).toContain(
      'broken: an answer to somebody known has Cache-Control: public',
    );
    expect(at('GET /cached/private', 'answer/cache')).toBe('held');
    expect(at('GET /cached/open', 'answer/cache')).toBe('held');
    expect(at('GET /cached/token', 'answer/cache')).toContain('broken: an answer with a token in it');
  });

  it('says the same twice in a row', async () => {
    const test = await bootApp(app([PeopleController]));
    try {
      const [first, second] = [
        await attack(test.app, { principals, only }),
        await attack(test.app, { principals, only }),
      ];
      expect(told(second).broken).toEqual([]);
      expect(second.results).toEqual(first.results);
    } finally {
      await test.close();
    }
  });
});
