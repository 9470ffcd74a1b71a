import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { INestApplication, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Args, GraphQLModule, ID, Int, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { isInterfaceType, type GraphQLObjectType, type GraphQLSchema } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FieldCosts } from '../../../lib/graphql/field-costs.js';
import type { GraphQLSecurityOptions } from '../../../lib/graphql/index.js';
import { Roles, secureApp } from '../../../lib/index.js';
import type { AttackOptions } from '../../../lib/testing/index.js';
import { GRAPHQL_HOSTS, graphqlModules, type GraphQLHost } from '../../transports/over-graphql.js';
import { attacked } from './attacked.js';
import { BOOKS, SHELF_OPTIONS, ShelfBook, ShelfBooks, ShelfResolver } from './shelves.js';

interface Change {
  readonly security?: GraphQLSecurityOptions;
  /** In place of the sound resolver, or beside it. */
  readonly resolver?: Type;
  readonly beside?: Type;
  readonly options?: AttackOptions;
  readonly only?: readonly string[];
  readonly before?: (app: INestApplication) => void;
}

function shelves(host: GraphQLHost, { security, resolver, beside, options, only, before }: Change) {
  return attacked(
    {
      platform: host.platform,
      security: { roles: { hierarchy: { keeper: ['reader'] } } } as never,
      imports: graphqlModules(host, security),
      providers: [resolver ?? ShelfResolver, ShelfBooks, ...(beside ? [beside] : [])],
      prepare: (app) => secureApp(app),
    },
    { ...SHELF_OPTIONS, ...options, ...(only && { only }) },
    ({ app }) => before?.(app),
  );
}

function schemaOf(app: INestApplication): GraphQLSchema {
  for (const { providers } of app.get(ModulesContainer).values()) {
    for (const { name, instance } of providers.values()) {
      if (name === 'GraphQLSchemaHost') return (instance as { schema: GraphQLSchema }).schema;
    }
  }
  throw new Error('no schema');
}

function typeOf(app: INestApplication, name: string): GraphQLObjectType {
  return schemaOf(app).getType(name) as GraphQLObjectType;
}

const NO_LIMITS = {
  limits: {
    depth: 10_000,
    aliases: 10_000,
    directives: 10_000,
    rootFields: 10_000,
    fields: 1_000_000,
    tokens: 1_000_000,
    cost: Number.MAX_VALUE,
  },
};

/** A query that was written without a thought of whose the book is, and one that forgets its highest role. */
@Resolver()
class CarelessQueries {
  @Query(() => ShelfBook, { nullable: true })
  anyBook(@Args('id', { type: () => ID }) id: string) {
    return BOOKS.find((book) => book.id === id);
  }

  @Query(() => Int)
  @Roles('reader')
  profit() {
    return 7;
  }

  @Query(() => [ShelfBook])
  longList(@Args('first', { type: () => Int, nullable: true }) first?: number) {
    return BOOKS.slice(0, first);
  }
}

describe.each(GRAPHQL_HOSTS)('the attack on $name', (host) => {
  it('reports nothing of a sound app', async () => {
    const { broken, at, report } = await shelves(host, { security: { introspection: false } });
    expect(broken).toEqual([]);
    const cases = report.results.filter((each) => each.case.startsWith('graphql/'));
    expect(cases.filter(({ verdict }) => verdict !== 'held').map((each) => [each.case, each.why])).toEqual([]);
    expect(at('QUERY Query.book', 'object/foreign')).toBe('held');
    expect(at('QUERY Query.worth', 'access/denied')).toBe('held');
    expect(at('QUERY Query.worth', 'roles/below')).toBe('held');
    expect(at('QUERY Query.book', 'graphql/hidden-fields')).toBe('held');
    expect(at('MUTATION Mutation.keep', 'graphql/hidden-fields')).toBe('held');
  });

  it('finds that the limits are off', async () => {
    const { at } = await shelves(host, { security: NO_LIMITS, only: ['graphql/'] });
    expect(at('the app', 'graphql/alias-flood')).toContain('broken: 300 aliases');
    expect(at('the app', 'graphql/directive-flood')).toContain('broken: 100 directives');
    expect(at('the app', 'graphql/depth')).toMatch(/^broken: \w+, 32 levels deep/);
    expect(at('the app', 'graphql/batch')).toBe('held');
    expect(at('the app', 'graphql/get-mutation')).toBe('held');
    expect(at('the app', 'graphql/circular-fragment')).toBe('held');
  });

  it('finds aliases that are only counted at the root', async () => {
    const { at } = await shelves(host, { security: { limits: { aliases: 1000 } }, only: ['graphql/alias-flood'] });
    expect(at('the app', 'graphql/alias-flood')).toMatch(/^broken: 300 aliases in \w+/);
  });

  it('finds a query of anybody’s object, one for too low a role, and a list of any length', async () => {
    const { at, broken } = await shelves(host, {
      // Or the cost of so long a list would refuse it.
      security: { listArguments: ['count'] },
      beside: CarelessQueries,
      options: {
        fixtures: {
          ...SHELF_OPTIONS.fixtures,
          'QUERY Query.anyBook': { own: { args: { id: 'alice-1' } }, foreign: { args: { id: 'bob-1' } } },
          'QUERY Query.profit': { allow: ['kim'], deny: ['alice'] },
        },
      },
      only: ['object/', 'access/', 'graphql/wide-list'],
    });
    expect(at('QUERY Query.anyBook', 'object/foreign')).toContain('broken: alice asks for what is somebody else');
    expect(at('QUERY Query.profit', 'access/denied')).toContain('broken: expected 403 or 404 for alice, got 200');
    expect(at('the app', 'graphql/wide-list')).toBe('broken: longList(first): 1000000: it is run');
    expect(at('QUERY Query.book', 'object/foreign')).toBe('held');
    expect(at('QUERY Query.worth', 'access/denied')).toBe('held');
    expect(broken).toHaveLength(3);
  });

  it('finds hidden fields that are seen: by type, by interface, in a union, and after a change', async () => {
    const { at } = await shelves(host, {
      only: ['graphql/hidden-fields', 'control/'],
      before: (app) => {
        for (const [type, field] of [
          ['ShelfBook', 'note'],
          ['ShelfFilm', 'price'],
        ] as const) {
          typeOf(app, type).getFields()[field]!.resolve = (parent) => (parent as Record<string, unknown>)[field];
        }
      },
    });
    expect(at('QUERY Query.books', 'graphql/hidden-fields')).toBe(
      'broken: [0] alike [0] ShelfBook.note is for its owner, and alice sees it',
    );
    expect(at('QUERY Query.items', 'graphql/hidden-fields')).toContain('ShelfBook.note is for its owner');
    expect(at('QUERY Query.window', 'graphql/hidden-fields')).toContain('ShelfBook.note is for its owner, and nobody');
    expect(at('QUERY Query.book', 'graphql/hidden-fields')).toContain('broken: ');
  });

  it('finds a guarded field that nobody guards', async () => {
    const { at } = await shelves(host, {
      only: ['graphql/hidden-fields'],
      before: (app) => {
        typeOf(app, 'ShelfBook').getFields()['barcode']!.resolve = () => '978-0';
      },
    });
    expect(at('QUERY Query.books', 'graphql/hidden-fields')).toBe(
      'broken: [0] ShelfBook.barcode is for keeper, and alice sees it',
    );
  });
});

/** The driver as it comes: no pipeline of ours reads its resolvers, and what is there of it is attacked all the same. */
describe('the attack on a driver without our options', () => {
  const apollo = (more: Partial<ApolloDriverConfig>) =>
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, path: '/api', ...more });
  const bare = (platform: 'express' | 'fastify', module: ReturnType<typeof apollo>) =>
    attacked(
      { platform, imports: [module], providers: [ShelfResolver, ShelfBooks] },
      { ...SHELF_OPTIONS, only: ['graphql/'] },
    );

  it.each(['express', 'fastify'] as const)('finds batches and requests of other sites: Apollo on %s', async (on) => {
    const { at } = await bare(on, apollo({ allowBatchedHttpRequests: true, csrfPrevention: false }));
    expect(at('the app', 'graphql/batch')).toBe('broken: 20 operations are run for one request');
    expect(at('the app', 'graphql/get-mutation')).toContain('broken: ');
    expect(at('the app', 'graphql/alias-flood')).toContain('broken: ');
    expect(at('the app', 'graphql/directive-flood')).toContain('broken: ');
    expect(at('the app', 'graphql/introspection')).toContain('not-tried: ');
  });

  it('finds them on Mercurius', async () => {
    const { at } = await bare(
      'fastify',
      GraphQLModule.forRoot<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        autoSchemaFile: true,
        allowBatchedQueries: true,
      }),
    );
    expect(at('the app', 'graphql/batch')).toBe('broken: 20 operations are run for one request');
    expect(at('the app', 'graphql/get-mutation')).toContain('broken: a form is run');
  });
});

/** A rule that goes by the type alone does not know what is behind an interface. */
function forgetInterfaces(schema: GraphQLSchema): void {
  const dearest = FieldCosts.prototype.of;
  FieldCosts.prototype.of = function ofTypeAlone(asked, type, field) {
    return asked === schema && isInterfaceType(asked.getType(type)) ? 0 : dearest.call(this, asked, type, field);
  };
  onTestFinished(() => void (FieldCosts.prototype.of = dearest));
}

describe('the cost of a field through an interface', () => {
  it('is tried, and is the same', async () => {
    const { at } = await shelves(GRAPHQL_HOSTS[0], { only: ['graphql/interface-cost'] });
    expect(at('the app', 'graphql/interface-cost')).toBe('held');
  });

  it('is found where it is less', async () => {
    const { at } = await shelves(GRAPHQL_HOSTS[0], {
      only: ['graphql/interface-cost'],
      before: (app) => forgetInterfaces(schemaOf(app)),
    });
    expect(at('the app', 'graphql/interface-cost')).toMatch(/^broken: items: rating costs 51 by ShelfBook, and \d+ by/);
  });
});
