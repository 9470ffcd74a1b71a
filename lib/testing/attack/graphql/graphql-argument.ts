/** What is given to an argument of a GraphQL field that nobody gave anything? */

import type { GraphQLArgument, GraphQLInputType } from 'graphql';

export type GraphQLPackage = typeof import('graphql');

/** An id that nothing has. */
const NOBODYS_ID = '0badc0de-0000-4000-8000-00000000dead';

/** A value that fits the type: of input objects only the fields that have to be there. */
export function madeArgument(graphql: GraphQLPackage, type: GraphQLInputType): unknown {
  if (graphql.isNonNullType(type)) return madeArgument(graphql, type.ofType);
  if (graphql.isListType(type)) return [madeArgument(graphql, type.ofType)];
  if (graphql.isEnumType(type)) return type.getValues()[0]?.name;
  if (graphql.isInputObjectType(type)) {
    const needed = Object.values(type.getFields()).filter((field) => graphql.isRequiredInputField(field));
    return Object.fromEntries(needed.map((field) => [field.name, madeArgument(graphql, field.type)]));
  }
  switch (type.name) {
    case 'ID':
      return NOBODYS_ID;
    case 'Int':
    case 'Float':
      return 1;
    case 'Boolean':
      return true;
    // As the scalars of @nestjs/graphql and graphql-scalars read them.
    case 'DateTime':
      return '2026-01-01T00:00:00.000Z';
    case 'Timestamp':
      return 1_767_225_600_000;
    case 'UUID':
      return NOBODYS_ID;
    default:
      return 'attack';
  }
}

/** Does this argument name an object? */
export function namesObject(graphql: GraphQLPackage, { name, type }: Pick<GraphQLArgument, 'name' | 'type'>): boolean {
  return graphql.getNamedType(type).name === 'ID' || /(?:^|_)ids?$|Ids?$/.test(name);
}
