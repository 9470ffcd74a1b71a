/** What does a field cost by itself, whichever type it is asked of? Worked out once per schema. */

import type { GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema } from 'graphql';

/** What one resolver costs, by type and field: `Query.orders`. Absent: a plain property, which costs nothing. */
export type ResolverCosts = ReadonlyMap<string, number>;

type Fielded = GraphQLObjectType | GraphQLInterfaceType;

/**
 * The dearest resolver that may stand behind each field: its type's own, one written for an interface of it, and for a field that is
 * asked of an interface that of any type which may turn up there.
 */
export class FieldCosts {
  readonly #bySchema = new WeakMap<GraphQLSchema, ReadonlyMap<string, number>>();

  constructor(private readonly resolvers: ResolverCosts) {}

  of(schema: GraphQLSchema, type: string, field: string): number {
    return this.in(schema).get(`${type}.${field}`) ?? 0;
  }

  /** Asked for at boot, so that no request waits for it. */
  in(schema: GraphQLSchema): ReadonlyMap<string, number> {
    const known = this.#bySchema.get(schema);
    if (known !== undefined) return known;
    const costs = new Map<string, number>();
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isFielded(type)) continue;
      const possible = 'isTypeOf' in type ? [] : schema.getPossibleTypes(type);
      const related = [type, ...possible].flatMap((each) => [each, ...each.getInterfaces()]);
      for (const field of Object.keys(type.getFields())) {
        const cost = Math.max(...related.map(({ name }) => this.resolvers.get(`${name}.${field}`) ?? 0));
        if (cost > 0) costs.set(`${type.name}.${field}`, cost);
      }
    }
    this.#bySchema.set(schema, costs);
    return costs;
  }
}

/** Has this type fields that can be selected? Input types have fields too, which cannot. */
export function isFielded(type: object): type is Fielded {
  return 'getFields' in type && 'getInterfaces' in type;
}
