/** Attacks on API3: fields that leave because somebody forgot to forbid them. */

import {
  Controller,
  Get,
  Module,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Exclude, Expose, Type } from 'class-transformer';
import { map, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public } from '../../lib/authentication/public.decorator.js';
import { pageOf } from '../../lib/responses/page.js';
import { Returns } from '../../lib/responses/returns.decorator.js';
import { Hidden, OwnerId, VisibleTo, VisibleToOwner } from '../../lib/responses/visible-to.decorator.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

const SECRET = 'correct-horse-battery';

class Team {
  @Expose() id = 't1';
  @Exclude() invite_code = SECRET;
}

/** As an ORM loads it: an instance, with columns nobody thought of. */
class User {
  @OwnerId() @Expose() id = 'alice';
  username = 'alice';
  @Exclude() password = SECRET;
  @Hidden() totp_secret = SECRET;
  @VisibleToOwner() email = `${SECRET}@example.com`;
  @VisibleTo('admin') notes = SECRET;
  team = new Team();
}

class UserView {
  @OwnerId() id!: string;
  username!: string;
  @VisibleToOwner() email!: string;
  profile!: unknown;
  @Type(() => TeamView) team!: unknown;
}
class TeamView {
  id!: string;
}

const loaded = (): User => Object.assign(new User(), { added_by_migration: SECRET });

const copyOf = (value: object): object => Object.assign({}, value);

class Wrap implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data, debug: SECRET })));
  }
}

@Public()
@Controller()
class LeakyController {
  @Get('entity') @Returns(UserView) entity(): User {
    return loaded();
  }
  @Get('entity-itself') @Returns(User) entityItself(): User {
    return loaded();
  }
  @Get('plain') @Returns(UserView) plain(): object {
    return copyOf(loaded());
  }
  // nestjs/nest#2716: an instance inside a plain object loses its decorators in Nest's own serializer.
  @Get('nested-open') @Returns(Object) nestedOpen(): object {
    return { user: loaded(), list: [loaded()], map: new Map([['user', loaded()]]) };
  }
  @Get('nested-undeclared') nestedUndeclared(): object {
    return { user: loaded(), password: SECRET };
  }
  @Get('spread') spread(): object {
    return copyOf(loaded());
  }
  @Get('array') array(): object[] {
    return [loaded(), copyOf(loaded()), [loaded()]];
  }
  @Get('profile') @Returns(UserView) profile(): object {
    return { id: 'alice', profile: { ssn: SECRET }, team: { id: 't1', invite_code: SECRET, owner: loaded() } };
  }
  @Get('promise-field') @Returns(UserView) promiseField(): object {
    return { id: 'alice', profile: Promise.resolve(loaded()), team: Promise.resolve(new Team()) };
  }
  @Get('to-json') @Returns(UserView) toJson(): object {
    return { id: 'alice', toJSON: () => ({ id: 'alice', password: SECRET }) };
  }
  @Get('text-json') @Returns(UserView) textJson(): string {
    return JSON.stringify({ password: SECRET });
  }
  @Get('page') @Returns(pageOf(UserView)) page(): object {
    return { items: [loaded()], page: 1, limit: 20, total: 1, cursor: SECRET };
  }
  @Get('polluted') @Returns(Object) polluted(): unknown {
    return JSON.parse(`{"__proto__":{"is_admin":true},"constructor":{"prototype":{"a":1}},"ok":1}`);
  }
  @Get('wrapped') @Returns(UserView) @UseInterceptors(Wrap) wrapped(): User {
    return loaded();
  }
}

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: Wrap }] })
class WrappingModule {}

describe.each(PLATFORMS)('field leaks on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [LeakyController] });
  });
  afterAll(() => t.close());

  it.each([
    ['/entity', { id: 'alice', username: 'alice', team: { id: 't1' } }],
    ['/entity-itself', { id: 'alice', username: 'alice', team: { id: 't1' } }],
    ['/plain', { id: 'alice', username: 'alice', team: { id: 't1' } }],
    ['/nested-undeclared', {}],
    ['/spread', {}],
    ['/profile', { id: 'alice', team: { id: 't1' } }],
    ['/promise-field', { id: 'alice', team: {} }],
    ['/to-json', { id: 'alice' }],
    ['/polluted', { ok: 1 }],
    ['/wrapped', {}],
  ])('keeps secrets in at %s', async (path, expected) => {
    const { status, text, body } = await t.send(`GET ${path}`);
    expect(status).toBe(200);
    expect(body).toEqual(expected);
    expect(text).not.toContain(SECRET);
  });

  it('keeps to the policy of instances wherever they are found', async () => {
    const user = { id: 'alice', username: 'alice', team: { id: 't1' } };
    const open = await t.send('GET /nested-open');
    expect(open.body).toEqual({ user, list: [user], map: { user } });
    expect((await t.send('GET /array')).body).toEqual([user, {}, [user]]);
    expect((await t.send('GET /page')).body).toEqual({ items: [user], page: 1, limit: 20, total: 1 });
    expect((await t.send('GET /text-json')).text).toBe('');
  });

  it('does not take a caller for the owner of what is not theirs', async () => {
    const mine = await t.send('GET /entity', { token: await tokenFor('alice') });
    expect(mine.body).toHaveProperty('email');
    for (const sub of ['ALICE', 'alice ', 'bob', 'toString']) {
      const theirs = await t.send('GET /entity', { token: await tokenFor(sub) });
      expect(theirs.status).toBe(200);
      expect(theirs.body).not.toHaveProperty('email');
    }
  });

  it('does not take a role claim of the wrong kind for a role', async () => {
    for (const roles of ['admin', [['admin']], { admin: true }]) {
      const token = await tokenFor('bob', { roles: roles as never });
      expect((await t.send('GET /entity-itself', { token })).text).not.toContain(SECRET);
    }
  });

  it("filters before anybody's global interceptor, or after it, and never not at all", async () => {
    const wrapped = await bootApp({ platform, controllers: [LeakyController], imports: [WrappingModule] });
    const { text } = await wrapped.send('GET /entity');
    expect(text.replaceAll(`"debug":"${SECRET}"`, '')).not.toContain(SECRET);
    await wrapped.close();
  });
});
