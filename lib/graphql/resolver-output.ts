/** What can be had from a resolver? The fields of every type that hangs from it, and who sees each: for the inventory. */

import type { GraphQLNamedType, GraphQLOutputType, GraphQLSchema } from 'graphql';
import type { SchemaOutput } from '../core/transport.js';
import type { Endpoint } from './endpoint.js';
import { audiencesFor } from './field-audience.js';
import type { GraphQLPackage } from './graphql.peer.js';
import { TypeClasses } from './type-classes.js';

interface Known {
  readonly graphql: GraphQLPackage;
  /** `User.orders`: the fields that have a resolver of their own. What those answer is listed with them. */
  readonly resolved: ReadonlyMap<string, unknown>;
}

/** @param field `Query.orders`. Undefined for a field of no schema that was built. */
export function outputOf(
  field: string,
  endpoints: readonly Pick<Endpoint, 'schema'>[],
  known: Known,
): SchemaOutput | undefined {
  for (const { schema } of endpoints) {
    const type = schema && typeOf(field, schema, known);
    if (type === undefined) continue;
    const fields = fieldsWithin(known.graphql.getNamedType(type), schema!, known);
    const shape = String(type);
    return Object.keys(fields).length === 0 ? { shape, kind: 'scalars' } : { shape, kind: 'objects', fields };
  }
  return undefined;
}

function typeOf(place: string, schema: GraphQLSchema, { graphql }: Known): GraphQLOutputType | undefined {
  const [parent, name] = place.split('.') as [string, string];
  const type = schema.getType(parent);
  if (type === undefined || !(graphql.isObjectType(type) || graphql.isInterfaceType(type))) return undefined;
  return type.getFields()[name]?.type;
}

/** By type, each once, so that the list is as long as the schema at most, however its types hang together. */
function fieldsWithin(
  start: GraphQLNamedType,
  schema: GraphQLSchema,
  { graphql, resolved }: Known,
): Readonly<Record<string, readonly string[]>> {
  const classes = new TypeClasses();
  const found: Record<string, readonly string[]> = {};
  // A set that grows while it is walked.
  const types = new Set([start]);
  for (const type of types) {
    if (graphql.isAbstractType(type)) for (const possible of schema.getPossibleTypes(type)) types.add(possible);
    if (!graphql.isObjectType(type)) continue;
    const names = [type.name, ...type.getInterfaces().map(({ name }) => name)];
    for (const field of Object.values(type.getFields())) {
      const place = `${type.name}.${field.name}`;
      found[place] = inWords(audiencesFor(names, field.name, classes));
      if (!resolved.has(place)) types.add(graphql.getNamedType(field.type));
    }
  }
  return found;
}

/** Who is asked for by several classes has to be all of it: `owner and auditor`. */
function inWords(audiences: readonly (readonly string[])[]): readonly string[] {
  const [first = ['everybody'], ...others] = audiences;
  return others.reduce(
    (found, audience) => [
      ...new Set(found.flatMap((who) => audience.map((each) => (who === each ? who : `${who} and ${each}`)))),
    ],
    first,
  );
}
