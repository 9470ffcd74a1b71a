import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { UseGuards } from '@nestjs/common';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { afterEach, describe, expect, it } from 'vitest';
import { GraphQLSecurity, GraphQLSecurityModule, type GraphQLSecurityOptions } from '../../lib/graphql/index.js';
import {
  JwtAuthGuard,
  perHour,
  Public,
  Returns,
  Roles,
  RolesGuard,
  SensitiveFlow,
  Signed,
  VisibleTo,
} from '../../lib/index.js';
import { bootApp, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import { GRAPHQL_HOSTS, graphqlModules } from '../transports/over-graphql.js';
import { openLibrary } from './library.js';

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});

@Resolver()
class OpenResolver {
  @Query(() => String)
  @Public('a test')
  hello() {
    return 'hello';
  }
}

describe('an app with resolvers', () => {
  it('does not start where the driver was configured past us', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true });
    const booted = bootApp({ imports: [GraphQLSecurityModule.forRoot(), graphql], providers: [OpenResolver] });
    await expect(booted).rejects.toThrow('GraphQLModule: its options were not made by GraphQLSecurity');
  });

  it('refuses every call where nothing tells how to read them, the public ones too', async () => {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true });
    t = await bootApp({ imports: [graphql], providers: [OpenResolver] });
    const { body } = await t.send('POST /graphql', { body: { query: '{ hello }' }, token: await tokenFor('alice') });
    expect(body.data ?? null).toBe(null);
    expect(body.errors).toHaveLength(1);
  });

  it('has its resolvers in the plan, each with what its decorators say', async () => {
    const { PipelinePlans } = await import('../../lib/core/pipeline-plans.js');
    const library = await openLibrary(GRAPHQL_HOSTS[0]);
    t = library;
    const routes = library.app.get(PipelinePlans).routes.filter(({ transport }) => transport === 'graphql');
    expect(routes.map(({ paths }) => `${paths[0]!.method} ${paths[0]!.path}`)).toEqual(
      expect.arrayContaining(['QUERY Query.me', 'MUTATION Mutation.fine', 'FIELD LibraryReader.record']),
    );
  });
});

describe('what a decorator cannot mean on a resolver', () => {
  it('stops the boot: @Returns()', async () => {
    @Resolver()
    class ReturningResolver {
      @Query(() => String)
      @Returns(String)
      returning() {
        return '';
      }
    }
    const booted = bootApp({ imports: graphqlModules(GRAPHQL_HOSTS[0]), providers: [ReturningResolver] });
    await expect(booted).rejects.toThrow('ReturningResolver.returning: @Returns() says nothing on a resolver');
  });

  it('stops the boot: @Signed()', async () => {
    @Resolver()
    class SignedResolver {
      @Query(() => String)
      @Signed()
      signed() {
        return '';
      }
    }
    const booted = bootApp({ imports: graphqlModules(GRAPHQL_HOSTS[0]), providers: [SignedResolver] });
    await expect(booted).rejects.toThrow('SignedResolver.signed: @Signed() says nothing on a resolver');
  });

  it('stops the boot: @VisibleTo()', async () => {
    @Resolver()
    class HidingResolver {
      @Query(() => String)
      @VisibleTo('admin')
      hiding() {
        return '';
      }
    }
    const booted = bootApp({ imports: graphqlModules(GRAPHQL_HOSTS[0]), providers: [HidingResolver] });
    await expect(booted).rejects.toThrow(
      'HidingResolver.hiding: @VisibleTo(), @VisibleToOwner() and @Hidden() say nothing',
    );
  });

  it('stops the boot: an idempotency key', async () => {
    @Resolver()
    class RepeatingResolver {
      @Query(() => String)
      @SensitiveFlow('repeating', { limit: perHour(1), idempotencyKey: 'required' })
      repeating() {
        return '';
      }
    }
    const booted = bootApp({ imports: graphqlModules(GRAPHQL_HOSTS[0]), providers: [RepeatingResolver] });
    await expect(booted).rejects.toThrow('idempotencyKey works for HTTP routes');
  });
});

describe('without the global guard', () => {
  @Resolver()
  class GuardedResolver {
    @Query(() => String, { nullable: true })
    @UseGuards(JwtAuthGuard, RolesGuard)
    @Roles('admin')
    guarded() {
      return 'done';
    }
  }

  it.each(GRAPHQL_HOSTS)('guards on resolvers run the same stages, on $name', async (host) => {
    t = await bootApp({
      platform: host.platform,
      imports: graphqlModules(host),
      providers: [GuardedResolver],
      security: { globalGuards: false },
    });
    const ask = async (token?: string) => {
      const body = { query: '{ a: guarded b: guarded }' };
      const answer = await t!.send('POST /graphql', { body, ...(token !== undefined && { token }) });
      const errors = (answer.body.errors ?? []) as { extensions: { code: string } }[];
      return { data: answer.body.data as unknown, codes: errors.map(({ extensions }) => extensions.code) };
    };
    const ada = await tokenFor('ada', { roles: ['admin'] });
    expect(await ask(ada)).toEqual({ data: { a: 'done', b: 'done' }, codes: [] });
    expect((await ask()).codes).toEqual(['unauthenticated', 'unauthenticated']);
    expect((await ask(await tokenFor('bob'))).codes).toEqual(['forbidden', 'forbidden']);
  });
});

describe('options', () => {
  it.each([
    [{ limit: {} }, 'GraphQLSecurityModule.limit: unknown option. Did you mean `GraphQLSecurityModule.limits`?'],
    [{ limits: { depht: 3 } }, 'Did you mean `GraphQLSecurityModule.limits.depth`?'],
    [{ limits: { aliases: 0 } }, 'GraphQLSecurityModule.limits.aliases: 0 is not a positive whole number'],
    [{ hiddenFields: 'nul' }, 'Did you mean "null"?'],
    [{ trustedDocuments: ['x'] }, 'GraphQLSecurityModule.trustedDocuments: a list of 1 is not a function'],
    [{ sockets: { maxPerAdress: 1 } }, 'Did you mean `GraphQLSecurityModule.sockets.maxPerAddress`?'],
  ])('%j are refused', (options, message) => {
    expect(() => GraphQLSecurityModule.forRoot(options as GraphQLSecurityOptions)).toThrow(message);
  });

  it.each([
    ['apollo', { allowBatchedHttpRequests: true }, 'GraphQLSecurity.apollo().allowBatchedHttpRequests: true'],
    ['apollo', { csrfPrevention: false }, 'GraphQLSecurity.apollo().csrfPrevention: false'],
    ['apollo', { introspection: true }, 'Say it in GraphQLSecurityModule.forRoot({ introspection: … })'],
    ['apollo', { subscriptions: { ws: true } }, "Use { 'graphql-ws': true }"],
    [
      'apollo',
      { subscriptions: { 'graphql-ws': { onConnect: true } } },
      "['graphql-ws'].onConnect: true takes the place",
    ],
    ['apollo', { installSubscriptionHandlers: true }, 'GraphQLSecurity.apollo().installSubscriptionHandlers: true'],
    ['mercurius', { jit: 1 }, 'GraphQLSecurity.mercurius().jit: 1'],
    [
      'mercurius',
      { subscription: { fullWsTransport: true } },
      'subscription.fullWsTransport: true belongs to a server',
    ],
    [
      'mercurius',
      { subscription: true, hooks: { preSubscriptionParsing: 1 } },
      'hooks.preSubscriptionParsing: 1 belongs',
    ],
    ['mercurius', { subscription: { context: true } }, 'subscription.context: true takes the place of our check'],
  ] as const)('%s: %j of the driver is refused', async (driver, options, message) => {
    t = await bootApp({ imports: graphqlModules(GRAPHQL_HOSTS[0]), providers: [OpenResolver] });
    expect(() => t!.app.get(GraphQLSecurity, { strict: false })[driver](options)).toThrow(message);
  });
});
