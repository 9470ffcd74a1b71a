/** How long a list does a field ask for? Read from its arguments, and from what stands inside them: `page: { first: 100 }`. */

import type { FieldNode, GraphQLArgument, GraphQLInputField, GraphQLInputType, ValueNode } from 'graphql';

export interface SizeScope {
  readonly listArguments: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
}

/** One count per operation: a variable that many fields are given is read through once. */
export class AskedSizes {
  readonly #known = new Map<GraphQLInputType, WeakMap<object, number | 'none'>>();

  constructor(private readonly scope: SizeScope) {}

  /**
   * The longest that an argument asks for, or would by its default. What is less than one item is no size: for some databases
   * a limit of 0 is none. What is no number is refused when the operation is run.
   */
  of({ arguments: given = [] }: FieldNode, known: readonly GraphQLArgument[]): number | undefined {
    let size: number | undefined;
    for (const { name, type, defaultValue } of known) {
      const node = given.find((each) => each.name.value === name)?.value;
      const said = node === undefined ? undefined : plain(node, this.scope.variables);
      size = longest(size, this.#within(name, type, said ?? defaultValue));
    }
    return size;
  }

  /** Of one value, and of all that is in it. */
  #within(name: string, type: GraphQLInputType, value: unknown): number | undefined {
    if (value === undefined || value === null) return undefined;
    const fields = inputFieldsOf(type);
    if (fields === undefined) return this.scope.listArguments.includes(name) ? sizeOf(value) : undefined;
    if (typeof value !== 'object') return undefined;
    const sizes = this.#known.get(type) ?? new WeakMap<object, number | 'none'>();
    this.#known.set(type, sizes);
    const known = sizes.get(value);
    if (known !== undefined) return known === 'none' ? undefined : known;
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    const size = items.reduce<number | undefined>((most, item) => longest(most, this.#inside(item, fields)), undefined);
    sizes.set(value, size ?? 'none');
    return size;
  }

  #inside(item: unknown, fields: readonly GraphQLInputField[]): number | undefined {
    if (typeof item !== 'object' || item === null) return undefined;
    let size: number | undefined;
    for (const { name, type, defaultValue } of fields) {
      const said = Object.hasOwn(item, name) ? (item as Record<string, unknown>)[name] : undefined;
      size = longest(size, this.#within(name, type, said ?? defaultValue));
    }
    return size;
  }
}

/** Undefined: the type is no object. */
function inputFieldsOf(type: GraphQLInputType): readonly GraphQLInputField[] | undefined {
  let inner = type;
  while ('ofType' in inner) inner = inner.ofType as GraphQLInputType;
  return 'getFields' in inner ? Object.values(inner.getFields()) : undefined;
}

/** Numbers, whole or not, and text that a handler would read as one. */
function sizeOf(value: unknown): number | undefined {
  const asked = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof asked === 'bigint') return Number(asked);
  return typeof asked === 'number' && asked >= 1 ? asked : undefined;
}

function longest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/** What a literal stands for. Without the schema: `first: 3.0` is a number whatever the argument is. */
export function plain(node: ValueNode, variables: Readonly<Record<string, unknown>>): unknown {
  switch (node.kind) {
    case 'Variable':
      return Object.hasOwn(variables, node.name.value) ? variables[node.name.value] : undefined;
    case 'IntValue':
    case 'FloatValue':
      return Number(node.value);
    case 'ListValue':
      return node.values.map((each) => plain(each, variables));
    case 'ObjectValue':
      return Object.fromEntries(node.fields.map((each) => [each.name.value, plain(each.value, variables)]));
    case 'NullValue':
      return null;
    default:
      return node.value;
  }
}
