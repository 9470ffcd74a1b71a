/** What the app says to its driver, and what has to reach it still. */

import { Context, Query, ResolveField, Resolver, Parent, Field, ID, ObjectType } from '@nestjs/graphql';
import { GraphQLString, type GraphQLSchema } from 'graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { Injectable } from '@nestjs/common';
import { Owned, OwnedBy, Public, type Ownership } from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import { openLibrary } from './library.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';

@ObjectType()
class HandedItem {
  @Field(() => ID) id!: string;
}
@Injectable()
class HandedOwnership implements Ownership<{ owner: string; text: string }> {
  readonly asked: number[] = [];
  answers = (ids: readonly string[]) => ids.map((id) => ({ owner: 'alice', text: `text of ${id}` }));
  load(): never {
    throw new Error('never asked');
  }
  async loadMany(ids: readonly string[]) {
    this.asked.push(ids.length);
    return Promise.resolve(this.answers(ids));
  }
  ownerOf({ owner }: { owner: string }) {
    return owner;
  }
}
@Resolver(() => HandedItem)
class HandedResolver {
  @Query(() => String)
  @Public('a test')
  async seen(@Context() context: { given?: string; seen?: number }) {
    context.seen = (context.seen ?? 0) + 1;
    return Promise.resolve(`${context.given}, ${context.seen}`);
  }
  @Query(() => [HandedItem])
  @Public('a test')
  items() {
    return Array.from({ length: 100 }, (_, index) => ({ id: String(index) }));
  }
  @ResolveField(() => String, { nullable: true })
  @OwnedBy(HandedOwnership)
  text(@Parent() _item: HandedItem, @Owned() { text }: { text: string }) {
    return text;
  }
}

describe.each(GRAPHQL_HOSTS)('on $name', (host) => {
  let t: TestApp | undefined;
  afterEach(() => t?.close());
  const open = async (options: object = {}, graphql: object = {}) => {
    t = await bootApp({
      platform: host.platform,
      imports: graphqlModules(host, graphql, options),
      providers: [HandedResolver, HandedOwnership],
    });
    return async (query: string, token?: string) =>
      (await t!.send('POST /graphql', { body: { query }, ...(token !== undefined && { token }) })).body;
  };

  it('the app’s context is made anew for each request', async () => {
    const shared = { given: 'shared' };
    const ask = await open({ context: shared });
    expect((await ask('{ seen }')).data.seen).toBe('shared, 1');
    expect((await ask('{ seen }')).data.seen).toBe('shared, 1');
    expect(shared).toEqual({ given: 'shared' });
  });

  it('the app’s schema is transformed before it is guarded', async () => {
    const transformSchema = (schema: GraphQLSchema) => {
      const fields = schema.getQueryType()!.getFields();
      fields.added = {
        ...fields.seen!,
        name: 'added',
        type: GraphQLString,
        resolve: () => Promise.reject(new Error('SELECT')),
      };
      return schema;
    };
    const ask = await open({ transformSchema });
    const { errors } = await ask('{ added }');
    expect(errors).toMatchObject([{ extensions: { code: 'internal' } }]);
    expect(JSON.stringify(errors)).not.toContain('SELECT');
  });

  it('a list of a hundred is one load, and each item is judged', async () => {
    const ask = await open();
    const loads = t!.app.get(HandedOwnership);
    const { data, errors } = await ask('{ items { text } }', await tokenFor('alice'));
    expect(errors).toBe(undefined);
    expect(data.items[99]).toEqual({ text: 'text of 99' });
    expect(loads.asked).toEqual([100]);
    loads.answers = (ids) => ids.map((id) => ({ owner: id === '7' ? 'alice' : 'bob', text: 'x' }));
    const judged = await ask('{ items { text } }', await tokenFor('alice'));
    expect(judged.data.items.filter(({ text }: { text: unknown }) => text !== null)).toEqual([{ text: 'x' }]);
  });

  it('an answer of another length than was asked for is nothing for all', async () => {
    const ask = await open();
    const loads = t!.app.get(HandedOwnership);
    loads.answers = (ids) => ids.slice(1).map(() => ({ owner: 'alice', text: 'shifted' }));
    const { data } = await ask('{ items { text } }', await tokenFor('alice'));
    expect(new Set(data.items.map(({ text }: { text: unknown }) => text))).toEqual(new Set([null]));
  });

  it('an operation has no more root fields than it may', async () => {
    const ask = await open({}, { limits: { rootFields: 2 } });
    expect((await ask('{ a: seen b: seen }')).errors).toBe(undefined);
    expect((await ask('{ a: seen b: seen c: seen }')).errors[0].extensions.detail).toBe(
      'The operation has more than 2 root fields.',
    );
  });

  it('a part is not charged to the bucket that paid for the whole', async () => {
    const library = await openLibrary(host);
    try {
      const { headers } = await library.ask('{ board(first: 2) { record shout } }', {
        token: await tokenFor('lib', { roles: ['librarian'] }),
      });
      // 1 for the field, and 1 for each resolver of two readers: of 1000.
      expect(headers.ratelimit).toMatch(/r=995\b/);
    } finally {
      await library.close();
    }
  });
});

describe('what drivers differ in', () => {
  let t: TestApp | undefined;
  afterEach(() => t?.close());

  it('Apollo: `formatError` is asked last, of what clients are told', async () => {
    const formatError = (error: { message: string }) => ({ ...error, message: `${error.message} (told)` });
    const library = await openLibrary(GRAPHQL_HOSTS[0], {}, {}, { formatError });
    t = library;
    expect((await library.ask('{ broken(how: "crash") }')).errors[0]!.message).toBe(
      'Something went wrong on our side. (told)',
    );
  });

  it('Mercurius: `hooks.preParsing` runs after the limits', async () => {
    const seen: string[] = [];
    const hooks = { preParsing: (_schema: unknown, source: string) => void seen.push(source) };
    const library = await openLibrary(GRAPHQL_HOSTS[2], {}, {}, { hooks });
    t = library;
    await library.ask('{ board(first: 1) { id } }');
    await library.ask('{ board(first: 1000000) { score } }');
    expect(seen).toEqual(['{ board(first: 1) { id } }']);
  });
});
