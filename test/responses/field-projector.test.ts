import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { projectorFor } from '../../lib/responses/field-projector.js';
import { pageOf } from '../../lib/responses/page.js';
import { Hidden, OwnerId, VisibleTo, VisibleToOwner } from '../../lib/responses/visible-to.decorator.js';

class OrderView {
  id!: string;
  @OwnerId() user_id!: string;
  total!: number;
  @VisibleToOwner() note!: string;
}

class UserView {
  @OwnerId() id!: string;
  username!: string;
  @VisibleToOwner() @VisibleTo('admin') email!: string;
  @VisibleTo('admin') created_at!: Date;
  @Hidden() password_hash!: string;
  @Type(() => OrderView) orders!: OrderView[];
}

const alice = {
  id: 'alice',
  username: 'Alice',
  email: 'alice@example.com',
  created_at: new Date('2026-01-01T00:00:00Z'),
  password_hash: '$argon2id$',
  internal: 'never declared',
  orders: [
    { id: 'o1', user_id: 'alice', total: 1, note: 'mine', margin: 9 },
    { id: 'o2', user_id: 'bob', total: 2, note: 'his', margin: 9 },
  ],
};

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

describe('projectorFor', () => {
  it('lets out what everybody may see, and drops what is undeclared or hidden', () => {
    expect(projectorFor(UserView)(alice)).toEqual({
      id: 'alice',
      username: 'Alice',
      orders: [
        { id: 'o1', user_id: 'alice', total: 1 },
        { id: 'o2', user_id: 'bob', total: 2 },
      ],
    });
  });

  it('shows the owner what is theirs, judging each object of a tree by its own owner', () => {
    expect(projectorFor(UserView, { owner: 'alice' })(alice)).toEqual({
      id: 'alice',
      username: 'Alice',
      email: 'alice@example.com',
      orders: [
        { id: 'o1', user_id: 'alice', total: 1, note: 'mine' },
        { id: 'o2', user_id: 'bob', total: 2 },
      ],
    });
  });

  it('shows a role its fields, dates as ISO text, and not those of the owner', () => {
    expect(projectorFor(UserView, { roles: ['admin'] })(alice)).toEqual({
      id: 'alice',
      username: 'Alice',
      email: 'alice@example.com',
      created_at: '2026-01-01T00:00:00.000Z',
      orders: [
        { id: 'o1', user_id: 'alice', total: 1 },
        { id: 'o2', user_id: 'bob', total: 2 },
      ],
    });
    expect(projectorFor(UserView, { roles: new Set(['moderator']) })(alice)).not.toHaveProperty('email');
  });

  it('judges each object of a list by its own owner', () => {
    const bob = { ...alice, id: 'bob', username: 'Bob', email: 'bob@example.com', orders: [] };
    const seen = projectorFor([UserView], { owner: 'bob' })([alice, bob]) as Record<string, unknown>[];
    expect(seen.map(({ email }) => email)).toEqual([undefined, 'bob@example.com']);
  });

  it('takes ownership as decided when it is true or false', () => {
    expect(projectorFor(UserView, { owner: true })(alice)).toHaveProperty('email');
    expect(projectorFor(UserView, { owner: false })(alice)).not.toHaveProperty('email');
  });

  it('gives an object to nobody when its owner id is no text, or the viewer has no id', () => {
    expect(projectorFor(OrderView, { owner: '7' })({ user_id: 7, note: 'x' })).toEqual({ user_id: 7 });
    expect(projectorFor(OrderView, { owner: '' })({ user_id: '', note: 'x' })).toEqual({ user_id: '' });
    expect(projectorFor(OrderView)({ user_id: undefined, note: 'x' })).toEqual({});
  });

  it('knows no owner where no field names one', () => {
    class Note {
      user_id!: string;
      @VisibleToOwner() text!: string;
    }
    expect(projectorFor(Note, { owner: 'alice' })({ user_id: 'alice', text: 'secret' })).toEqual({ user_id: 'alice' });
  });

  it('reads entities through their getters, and does not trust their toJSON', () => {
    class Entity {
      readonly #row = { id: 'alice', username: 'Alice', password_hash: 'secret' };
      get id(): string {
        return this.#row.id;
      }
      get username(): string {
        return this.#row.username;
      }
      toJSON(): unknown {
        return this.#row;
      }
    }
    expect(projectorFor(UserView)(new Entity())).toEqual({ id: 'alice', username: 'Alice' });
  });

  it('lets out pages, maps and sets of a class, filtered throughout', () => {
    const page = { items: [alice], page: 1, limit: 20, total: 1, query: 'select *' };
    const seen = { id: 'alice', username: 'Alice', orders: [] };
    const lean = { ...alice, orders: [] };
    expect(json(projectorFor(pageOf(UserView))({ ...page, items: [lean] }))).toEqual({
      items: [seen],
      page: 1,
      limit: 20,
      total: 1,
    });
    expect(projectorFor(UserView)(new Map([['a', lean]]))).toEqual({ a: seen });
    expect(projectorFor(UserView)(new Set([lean]))).toEqual([seen]);
    expect(pageOf(UserView)).toBe(pageOf(UserView));
  });

  it('lets nothing out that is no object of the class', () => {
    const project = projectorFor(UserView);
    expect(project('a secret')).toBeUndefined();
    expect(project(42)).toBeUndefined();
    expect(project(null)).toBeNull();
    expect(project(undefined)).toBeUndefined();
    expect(project(['a secret', null, { id: 'x', secret: 1 }])).toEqual([null, { id: 'x' }]);
  });

  it('passes scalars in a declared field and drops objects of which no class is known', () => {
    class View {
      text!: unknown;
      big!: unknown;
      tags!: unknown;
      settings!: unknown;
      rows!: unknown;
      map!: unknown;
      later!: unknown;
      call!: unknown;
    }
    expect(
      projectorFor(View)({
        text: null,
        big: 12n,
        tags: ['a', 'b', { secret: 1 }],
        settings: { secret: 1 },
        rows: [{ secret: 1 }],
        map: new Map([['secret', 1]]),
        later: Promise.resolve('secret'),
        call: () => 'secret',
      }),
    ).toEqual({ text: null, big: '12', tags: ['a', 'b'] });
  });

  it('takes values that are text in JSON as what they are, and a class with a policy by its own', () => {
    class Decimal {
      constructor(private readonly digits: string) {}
      toJSON(): string {
        return this.digits;
      }
    }
    class View {
      total!: unknown;
      author!: unknown;
    }
    const author = Object.assign(new UserView(), alice, { orders: [] });
    expect(projectorFor(View)({ total: new Decimal('12.50'), author })).toEqual({
      total: '12.50',
      author: { id: 'alice', username: 'Alice', orders: [] },
    });
  });

  it('lets any shape out where a field is declared open, except what a policy inside it forbids', () => {
    class View {
      @Type(() => Object) meta!: unknown;
    }
    const user = Object.assign(new UserView(), { id: 'alice', password_hash: 'secret' });
    const meta = { deep: [{ user, ok: 1, when: new Date(0) }], error: new Error('select * from users') };
    expect(projectorFor(View)({ meta })).toEqual({
      meta: { deep: [{ user: { id: 'alice' }, ok: 1, when: '1970-01-01T00:00:00.000Z' }] },
    });
  });

  it('never copies keys that reach a prototype', () => {
    const hostile = JSON.parse('{"a":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    const copy = projectorFor(Object)(hostile) as object;
    expect(copy).toEqual({ a: 1 });
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(projectorFor(Object)(new Map([['__proto__', { polluted: true }]]))).toEqual({});
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('is not deceived by a field named constructor', () => {
    expect(projectorFor(Object)({ constructor: UserView, id: 1 })).toEqual({ id: 1 });
  });

  it('cuts circles and ends on tangles', () => {
    class Person {
      id!: string;
      @Type(() => Person) friends!: Person[];
    }
    const people: Record<string, unknown>[] = Array.from({ length: 3 }, (_, id) => ({ id: String(id) }));
    for (const person of people) person.friends = people;
    expect(() => JSON.stringify(projectorFor(Person)(people))).not.toThrow();

    const crowd: Record<string, unknown>[] = Array.from({ length: 40 }, (_, id) => ({ id: String(id) }));
    for (const person of crowd) person.friends = [...crowd];
    expect(() => projectorFor(Person)(crowd[0])).toThrow(RangeError);

    const loop: Record<string, unknown> = { a: 1 };
    loop.self = loop;
    loop.list = [loop];
    expect(projectorFor(Object)(loop)).toEqual({ a: 1, list: [] });
    const list: unknown[] = [];
    list.push(list);
    expect(projectorFor(UserView)(list)).toEqual([[]]);
  });

  it('cuts circles through fields of no declared class', () => {
    class Node {
      @VisibleTo('admin') secret!: string;
      id!: string;
      parent!: unknown;
    }
    const node = Object.assign(new Node(), { id: '1', secret: 's' });
    node.parent = node;
    expect(projectorFor(Node)(node)).toEqual({ id: '1', parent: { id: '1' } });
  });

  it('does not touch what it reads', () => {
    const before = structuredClone(alice);
    projectorFor(UserView, { roles: ['admin'], owner: 'alice' })(alice);
    expect(alice).toEqual(before);
  });
});

describe('projectorFor with class-transformer', () => {
  class Account {
    id!: string;
    @Expose({ name: 'mail' }) email!: string;
    @Expose({ groups: ['admin'] }) plan!: string;
    @Exclude() password!: string;
    @Exclude({ toPlainOnly: true }) pin!: string;
    @Exclude({ toClassOnly: true }) shown!: string;
    @Expose({ toClassOnly: true }) entered!: string;
    @Transform(({ value }) => (value as { name: string }).name) role!: unknown;
    @Type(() => Number) balance!: unknown;
    @Expose() get label(): string {
      return `#${this.id}`;
    }
    @Expose() greet(): string {
      return `hello ${this.id}`;
    }
  }
  const account = Object.assign(new Account(), {
    id: '1',
    email: 'a@example.com',
    plan: 'gold',
    password: 'secret',
    pin: '0000',
    shown: 'yes',
    entered: 'secret',
    role: { name: 'user', secret: 1 },
    balance: '12.5',
    extra: 'secret',
  });

  it('understands names, groups, directions, types, transforms, getters and methods', () => {
    const seen = {
      id: '1',
      mail: 'a@example.com',
      shown: 'yes',
      role: 'user',
      balance: 12.5,
      label: '#1',
      greet: 'hello 1',
    };
    expect(projectorFor(Account)(account)).toEqual(seen);
    expect(projectorFor(Account, { roles: ['admin'] })(account)).toEqual({ ...seen, plan: 'gold' });
  });

  it('lets out only what is exposed by name where the class is excluded, inherited strategy included', () => {
    @Exclude()
    class Base {
      @Expose() id!: string;
      secret!: string;
    }
    class Derived extends Base {
      also!: string;
      @VisibleTo('admin') level!: number;
    }
    const value = { id: '1', secret: 's', also: 's', level: 3 };
    expect(projectorFor(Base)(value)).toEqual({ id: '1' });
    expect(projectorFor(Derived)(value)).toEqual({ id: '1' });
    expect(projectorFor(Derived, { roles: ['admin'] })(value)).toEqual({ id: '1', level: 3 });
  });

  it('hands the roles to transforms as groups, and runs those of a group only for it', () => {
    class View {
      @Transform(({ value, options }) => (options.groups?.includes('admin') ? value : 'masked')) card!: string;
      @Transform(() => 'for admins', { groups: ['admin'] }) note!: string;
    }
    const value = { card: '4111', note: 'plain' };
    expect(projectorFor(View)(value)).toEqual({ card: 'masked', note: 'plain' });
    expect(projectorFor(View, { roles: ['admin'] })(value)).toEqual({ card: '4111', note: 'for admins' });
  });

  it('tells the classes of a field apart by instance or by tag', () => {
    abstract class Shape {
      id!: string;
    }
    class Circle extends Shape {
      radius!: number;
    }
    class Square extends Shape {
      side!: number;
    }
    class Drawing {
      @Type(() => Shape, {
        discriminator: {
          property: 'kind',
          subTypes: [
            { name: 'circle', value: Circle },
            { name: 'square', value: Square },
          ],
        },
      })
      shapes!: Shape[];
    }
    const circle = Object.assign(new Circle(), { id: '1', radius: 2, secret: 's' });
    const square = { kind: 'square', id: '2', side: 3, secret: 's' };
    expect(projectorFor(Drawing)({ shapes: [circle, square, { kind: 'other', id: '3', side: 4 }] })).toEqual({
      shapes: [{ kind: 'circle', id: '1', radius: 2 }, { kind: 'square', id: '2', side: 3 }, { id: '3' }],
    });
  });

  it('finds fields by their validators where the class cannot be made', () => {
    class Strict {
      @IsString() id!: string;
      constructor(row: { id: string }) {
        this.id = row.id.trim();
      }
    }
    expect(projectorFor(Strict)({ id: '1', secret: 's' })).toEqual({ id: '1' });
  });
});

describe('projectorFor with schemas and scalars', () => {
  it("sends a schema's output, so what it does not name stays here", () => {
    const schema = z.object({ id: z.string() });
    expect(projectorFor(schema)({ id: '1', secret: 's' })).toEqual({ id: '1' });
    expect(projectorFor([schema])([{ id: '1', secret: 's' }])).toEqual([{ id: '1' }]);
  });

  it('names the place of a mismatch and never the value', () => {
    const schema = z.object({ user: z.object({ id: z.string() }) });
    const attempt = (): unknown => projectorFor(schema)({ user: { id: 4111 } });
    expect(attempt).toThrow('The answer does not match the schema of its route at /user/id.');
  });

  it('waits for a schema that waits', async () => {
    const schema = z.object({ id: z.string().refine(async (id) => Promise.resolve(id !== '')) });
    const asynchronous = { '~standard': { ...schema['~standard'] } } as typeof schema;
    await expect(projectorFor(asynchronous)({ id: '1', secret: 's' })).resolves.toEqual({ id: '1' });
  });

  it('lets only scalars out where a scalar is declared', () => {
    expect(projectorFor(String)('text')).toBe('text');
    expect(projectorFor(Number)({ secret: 1 })).toBeUndefined();
    expect(projectorFor([String])(['a', { secret: 1 }])).toEqual(['a']);
  });
});

describe('field decorators', () => {
  it('refuse an empty list of roles, and a second owner', () => {
    expect(() => VisibleTo()).toThrow('@VisibleTo() names no role. Name one, or write @Hidden().');
    class Two {
      @OwnerId() a!: string;
      @OwnerId() b!: string;
    }
    expect(() => projectorFor(Two)({})).toThrow(
      'Two: @OwnerId() stands on a and b. An object has one owner: leave it on one field.',
    );
  });

  it('are inherited, the nearest word counting, and what is hidden staying hidden', () => {
    class Base {
      id!: string;
      @VisibleTo('admin') level!: number;
      @Hidden() secret!: string;
    }
    class Derived extends Base {
      @VisibleTo('auditor') declare level: number;
      @VisibleTo('admin') declare secret: string;
    }
    const value = { id: '1', level: 2, secret: 's' };
    expect(projectorFor(Base, { roles: ['admin'] })(value)).toEqual({ id: '1', level: 2 });
    expect(projectorFor(Derived, { roles: ['admin'] })(value)).toEqual({ id: '1' });
    expect(projectorFor(Derived, { roles: ['auditor'] })(value)).toEqual({ id: '1', level: 2 });
  });

  it('refuse targets that say nothing about what is inside', () => {
    expect(() => projectorFor(Array)).toThrow(TypeError);
    expect(() => projectorFor(Promise as never)).toThrow(TypeError);
    expect(() => projectorFor(undefined as never)).toThrow(
      'projectorFor(): the class is undefined. Is there an import cycle?',
    );
    expect(() => projectorFor([] as never)).toThrow(TypeError);
  });
});
