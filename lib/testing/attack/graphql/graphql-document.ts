/** How is a field of GraphQL asked for? With variables for its arguments, and everything of the answer that is cheap. */

import type { GraphQLField, GraphQLNamedType, GraphQLObjectType, GraphQLOutputType, GraphQLSchema } from 'graphql';
import type { GraphQLPackage } from './graphql-argument.js';
import type { Operation } from './graphql-schema.js';

export interface Ask {
  readonly schema: GraphQLSchema;
  readonly operation: Operation;
  readonly field: GraphQLField<unknown, unknown>;
  readonly args: Readonly<Record<string, unknown>>;
  /** Fields that are left out: where one cannot be null, its refusal takes away what is around it. */
  readonly isLeftOut?: (type: string, field: GraphQLField<unknown, unknown>) => boolean;
  /** What its resolver costs, in tokens. Default 0: it has none. */
  readonly costOf?: (type: string, field: string) => number;
}

/** `query Attack($id: ID!) { order(id: $id) { __typename id total } }` */
export function documentFor(graphql: GraphQLPackage, ask: Ask): string {
  const { operation, field, args } = ask;
  const given = field.args.filter(({ name }) => name in args);
  const variables = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const head = `${operation} Attack${variables === '' ? '' : `(${variables})`}`;
  const selection = new Selection(graphql, ask).of(field.type, LEVELS, 1);
  return `${head} { ${field.name}${passed === '' ? '' : `(${passed})`}${selection} }`;
}

/** The object itself, and the objects that stand in it. */
const LEVELS = 2;
/** What is selected of a large schema: more is refused by sound limits, or costs more than a caller has. */
const MOST_FIELDS = 120;
/** What the fields of an answer may cost in all, in tokens: a case asks often, and pays from the bucket of a principal. */
const MOST_COST = 10;
/** How long a list is taken to be. */
const LIST_SIZE = 10;
/** The same for fields that have to be renamed. */
const MOST_ALIASES = 10;

class Selection {
  #fields = 0;
  #aliases = 0;
  #cost = 0;

  constructor(
    private readonly graphql: GraphQLPackage,
    private readonly ask: Ask,
  ) {}

  /** @param often How often it comes, where it stands in lists. */
  of(output: GraphQLOutputType, levels: number, often: number): string {
    const type = this.graphql.getNamedType(output);
    if (this.graphql.isLeafType(type)) return '';
    const taken = new Map<string, string>();
    const times = String(output).includes('[') ? often * LIST_SIZE : often;
    const members = membersOf(this.graphql, this.ask.schema, type);
    const own = this.graphql.isObjectType(type) ? this.#fieldsOf(type, levels, times, taken) : [];
    const others = this.graphql.isObjectType(type)
      ? []
      : members.map((member) => [member.name, this.#fieldsOf(member, levels, times, taken)] as const);
    const fragments = others
      .filter(([, fields]) => fields.length > 0)
      .map(([name, fields]) => `... on ${name} { ${fields.join(' ')} }`);
    return ` { ${['__typename', ...own, ...fragments].join(' ')} }`;
  }

  #fieldsOf(type: GraphQLObjectType, levels: number, times: number, taken: Map<string, string>): string[] {
    const isLeaf = ({ type: inner }: GraphQLField<unknown, unknown>) =>
      this.graphql.isLeafType(this.graphql.getNamedType(inner));
    // The object's own values first: what is inside takes what is left of the cost.
    const all = Object.values(type.getFields())
      .filter((field) => !field.args.some((each) => this.graphql.isRequiredArgument(each)))
      .toSorted((one, other) => Number(isLeaf(other)) - Number(isLeaf(one)));
    return all.flatMap((field) => {
      const { name, type: inner } = field;
      const cost = times * (this.ask.costOf?.(type.name, name) ?? 0);
      const isTooMuch =
        (!isLeaf(field) && levels === 1) || this.#fields >= MOST_FIELDS || this.#cost + cost > MOST_COST;
      if (isTooMuch || this.ask.isLeftOut?.(type.name, field)) return [];
      const key = this.#keyFor(type.name, name, String(inner), taken);
      if (key === undefined) return [];
      this.#fields++;
      this.#cost += cost;
      return [`${key === name ? name : `${key}: ${name}`}${this.of(inner, levels - 1, times)}`];
    });
  }

  /** Members of a union may have fields of one name and different types, which cannot stand in one answer. */
  #keyFor(type: string, name: string, shape: string, taken: Map<string, string>): string | undefined {
    const other = taken.get(name);
    taken.set(name, other ?? shape);
    if (other === undefined || other === shape) return name;
    return ++this.#aliases > MOST_ALIASES ? undefined : `${type}_${name}`;
  }
}

/** The object types that stand behind a type. */
export function membersOf(
  graphql: GraphQLPackage,
  schema: GraphQLSchema,
  type: GraphQLNamedType,
): readonly GraphQLObjectType[] {
  if (graphql.isObjectType(type)) return [type];
  return graphql.isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}

/** The field that stands in an answer under this key. */
export function fieldAt(type: GraphQLObjectType, key: string): string {
  const prefix = `${type.name}_`;
  return key in type.getFields() || !key.startsWith(prefix) ? key : key.slice(prefix.length);
}
