/** Fields of users were slow, so what they resolve to is remembered: whoever asks first decides what all others see. */

import type { GraphQLFieldResolver, GraphQLObjectType, GraphQLSchema } from 'graphql';
import { ModulesContainer } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import type { User } from '../../../sample-app/users/user.js';
import { SEEDED_USERS } from '../../../sample-app/users/seeded-users.js';
import type { Hole } from '../../hole.js';

function schemaOf(app: INestApplication): GraphQLSchema {
  const providers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.providers.values()]);
  return (providers.find(({ name }) => name === 'GraphQLSchemaHost')!.instance as { schema: GraphQLSchema }).schema;
}

function remember(app: INestApplication): void {
  const known = new Map<string, unknown>();
  const { email } = (schemaOf(app).getType('User') as GraphQLObjectType).getFields();
  const resolve = email!.resolve as GraphQLFieldResolver<User, unknown>;
  email!.resolve = (user: User, ...rest) => {
    const value = known.get(user.id) ?? resolve(user, ...rest);
    known.set(user.id, value);
    return value;
  };
}

const alices = SEEDED_USERS.find(({ username }) => username === 'alice')!.id;

export const graphqlFieldsRemembered: Hole = {
  id: 'graphql-fields-remembered',
  title: 'GraphQL remembers a field by its object, whoever asks for it',
  owasp: 'API3:2023',
  expects: 'graphql/hidden-fields',
  at: 'QUERY Query.user',
  opened: remember,
  fixtures: { 'QUERY Query.user': { own: { args: { id: alices } } } },
};
