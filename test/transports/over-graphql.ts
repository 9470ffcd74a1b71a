/** The rules as queries of a resolver. */

import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Args, Field, GraphQLModule, ID, Mutation, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import type { DynamicModule } from '@nestjs/common';
import { GraphQLSecurity, GraphQLSecurityModule, type GraphQLSecurityOptions } from '../../lib/graphql/index.js';
import {
  Authenticate,
  Cost,
  Owned,
  OwnedBy,
  type OwnershipScope,
  perHour,
  Policies,
  Public,
  RateLimit,
  Roles,
  Scopes,
  SensitiveFlow,
  StepUp,
} from '../../lib/index.js';
import { bootApp, type Platform } from '../app.js';
import { decisionIn, shown, type Rule, type TransportUnderTest } from './driver.js';
import { isOfAcme, NOTE_VIEW, NoteOwnership, NoteView, scopeText, type Note } from './rules.js';

@ObjectType()
class RulesWhole {
  @Field(() => String)
  part!: string;
}

@Resolver(() => RulesWhole)
class RulesResolver {
  @Query(() => String)
  @Public('a rule of its own')
  open() {
    return 'done';
  }

  @Query(() => String)
  known() {
    return 'done';
  }

  @Query(() => String)
  @Roles('admin')
  admins() {
    return 'done';
  }

  @Query(() => String)
  @Scopes('orders:read')
  scoped() {
    return 'done';
  }

  @Query(() => String)
  @Policies(isOfAcme)
  tenant() {
    return 'done';
  }

  @Query(() => String)
  @StepUp({ maxAge: 300 })
  recent() {
    return 'done';
  }

  @Query(() => String)
  @OwnedBy(NoteOwnership)
  owned(@Args('id', { type: () => ID }) _id: string, @Owned() note: Note) {
    return note.text;
  }

  @Query(() => String)
  @OwnedBy({ param: 'id' })
  mine(@Args('id', { type: () => ID }) _id: string, @Owned() id: string) {
    return id;
  }

  @Query(() => String)
  @OwnedBy(NoteOwnership, { bypass: ['admin'] })
  helped(@Args('id', { type: () => ID }) _id: string, @Owned() note: Note) {
    return note.text;
  }

  @Query(() => String)
  @OwnedBy.list(NoteOwnership)
  listed(@Owned() scope: OwnershipScope) {
    return scopeText(scope);
  }

  @Query(() => String)
  @Authenticate('jwt')
  tokened() {
    return 'done';
  }

  @Query(() => String)
  @Authenticate('api-key')
  keyed() {
    return 'done';
  }

  @Query(() => NoteView)
  @Public('shows each what they may see')
  viewed() {
    return NOTE_VIEW;
  }

  @Mutation(() => String)
  @Roles('admin')
  changed() {
    return 'done';
  }

  @Query(() => RulesWhole)
  @Public('a part of it is not')
  whole() {
    return {};
  }

  @ResolveField(() => String)
  @Roles('admin')
  part() {
    return 'done';
  }

  @Query(() => String)
  @RateLimit({ limit: 2, per: 'minute' })
  limited() {
    return 'done';
  }

  @Query(() => String)
  @Cost(10)
  costly() {
    return 'done';
  }

  @Query(() => String)
  @SensitiveFlow('gift', { limit: perHour(1) })
  flow() {
    return 'done';
  }
}

/** Where a GraphQL app runs. */
export const GRAPHQL_HOSTS = [
  { name: 'Apollo on express', driver: 'apollo', platform: 'express' },
  { name: 'Apollo on fastify', driver: 'apollo', platform: 'fastify' },
  { name: 'Mercurius on fastify', driver: 'mercurius', platform: 'fastify' },
] as const satisfies readonly { name: string; driver: 'apollo' | 'mercurius'; platform: Platform }[];
export type GraphQLHost = (typeof GRAPHQL_HOSTS)[number];

/** What an app imports for its resolvers to be served and secured. */
export function graphqlModules(
  { driver }: Pick<GraphQLHost, 'driver'>,
  security?: GraphQLSecurityOptions,
  options: object = {},
): DynamicModule[] {
  const graphql =
    driver === 'apollo'
      ? GraphQLModule.forRootAsync<ApolloDriverConfig>({
          driver: ApolloDriver,
          inject: [GraphQLSecurity],
          useFactory: (each: GraphQLSecurity) => each.apollo({ autoSchemaFile: true, ...options }),
        })
      : GraphQLModule.forRootAsync<MercuriusDriverConfig>({
          driver: MercuriusDriver,
          inject: [GraphQLSecurity],
          useFactory: (each: GraphQLSecurity) => each.mercurius({ autoSchemaFile: true, ...options }),
        });
  return [GraphQLSecurityModule.forRoot(security), graphql];
}

const QUERIES: Partial<Record<Rule, string>> = {
  owned: '{ owned(id: "1") }',
  helped: '{ helped(id: "1") }',
  mine: '{ mine(id: "alice") }',
  viewed: '{ viewed { id text score secret } }',
  changed: 'mutation { changed }',
  part: '{ whole { part } }',
};

export function overGraphQL(host: GraphQLHost): TransportUnderTest {
  return {
    name: `GraphQL, ${host.name}`,
    async boot(security) {
      const t = await bootApp({
        platform: host.platform,
        imports: graphqlModules(host),
        providers: [RulesResolver, NoteOwnership],
        ...(security && { security }),
      });
      return {
        events: t.events,
        clock: t.clock,
        close: () => t.close(),
        async call(rule, token) {
          t.events.length = 0;
          const query = QUERIES[rule] ?? `{ ${rule} }`;
          const { body } = await t.send('POST /graphql', { body: { query }, ...(token !== undefined && { token }) });
          const decision = decisionIn(t.events, rule);
          const [error] = body.errors ?? [];
          if (error === undefined) {
            const value = rule === 'part' ? body.data.whole.part : shown(body.data[rule]);
            return { decision: 'allowed', value, status: 200, ...decision };
          }
          const { code, status } = error.extensions;
          return { decision: 'refused', status, ...decision, ...(decision.code !== code && { code: `told ${code}` }) };
        },
      };
    },
  };
}
