/** Which types of a schema can an operation get at? One process may hold the types of several apps, and each schema has them all. */

import type { GraphQLNamedType, GraphQLOutputType, GraphQLSchema } from 'graphql';
import type { GraphQLPackage } from './graphql.peer.js';

export function reachableTypes(schema: GraphQLSchema, graphql: GraphQLPackage): ReadonlySet<GraphQLNamedType> {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const found = new Set<GraphQLNamedType>(roots.filter((type) => type !== undefined && type !== null));
  // A set that grows while it is walked.
  for (const type of found) {
    if (graphql.isObjectType(type) || graphql.isInterfaceType(type)) {
      for (const field of Object.values(type.getFields()))
        found.add(graphql.getNamedType(field.type as GraphQLOutputType));
    }
    if (graphql.isAbstractType(type)) for (const possible of schema.getPossibleTypes(type)) found.add(possible);
  }
  return found;
}
