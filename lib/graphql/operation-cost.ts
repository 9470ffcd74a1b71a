/** What does a selection cost? Each resolver its `@Cost()`, each list as often as it is long. Known before anything is run. */

import type {
  FieldNode,
  GraphQLArgument,
  ValueNode,
  FragmentDefinitionNode,
  GraphQLObjectType,
  GraphQLInterfaceType,
  GraphQLOutputType,
  GraphQLSchema,
  SelectionSetNode,
} from 'graphql';

/** What one field costs by itself, by type and field: `Query.orders`. Absent: a plain property, which costs nothing. */
export type FieldCosts = ReadonlyMap<string, number>;

export interface CostRules {
  readonly costs: FieldCosts;
  readonly listArguments: readonly string[];
  readonly listSize: number;
}

export interface CostScope extends CostRules {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

type Composite = GraphQLObjectType | GraphQLInterfaceType;

/** Of a whole operation: the sum of its root fields. The fragments must not run in circles. */
export function costOfSelections(set: SelectionSetNode, type: Composite, scope: CostScope): number {
  return new CostCount(scope).ofSelections(set, type, undefined);
}

/** Of one field as it stands in an operation, under all the nodes that ask for it. */
export function costOfField(nodes: readonly FieldNode[], type: Composite, scope: CostScope): number {
  const count = new CostCount(scope);
  // Several nodes of one response name are one field, run once, with all that they select.
  return nodes.reduce((sum, node, index) => sum + count.ofField(node, type, undefined, index === 0), 0);
}

class CostCount {
  readonly #fragments = new Map<string, number>();

  constructor(private readonly scope: CostScope) {}

  /** @param pending how long a list around here was asked to be, where the list itself stands deeper (`edges`). */
  ofSelections({ selections }: SelectionSetNode, type: Composite, pending: number | undefined): number {
    let sum = 0;
    for (const selection of selections) {
      if (selection.kind === 'Field') {
        sum += this.ofField(selection, type, pending, true);
      } else if (selection.kind === 'InlineFragment') {
        const { selectionSet, typeCondition } = selection;
        sum += this.ofSelections(selectionSet, this.#typeNamed(typeCondition?.name.value, type), pending);
      } else {
        sum += this.#ofFragment(selection.name.value, type, pending);
      }
    }
    return sum;
  }

  ofField(node: FieldNode, type: Composite, pending: number | undefined, countsItself: boolean): number {
    const field = fieldsOf(type)?.[node.name.value];
    if (field === undefined) return 0;
    const own = countsItself ? (this.scope.costs.get(`${type.name}.${node.name.value}`) ?? 0) : 0;
    if (node.selectionSet === undefined) return own;
    const { list, inner } = unwrap(field.type);
    if (!('getFields' in inner) && !('getTypes' in inner)) return own;
    const asked = this.#askedSize(node, field.args);
    const times = list ? (asked ?? pending ?? this.scope.listSize) : 1;
    return (
      own + times * this.ofSelections(node.selectionSet, inner as Composite, list ? undefined : (asked ?? pending))
    );
  }

  #ofFragment(name: string, type: Composite, pending: number | undefined): number {
    const key = JSON.stringify([name, type.name, pending]);
    const known = this.#fragments.get(key);
    if (known !== undefined) return known;
    const fragment = this.scope.fragments.get(name);
    if (fragment === undefined) return 0;
    const inner = this.#typeNamed(fragment.typeCondition.name.value, type);
    const cost = this.ofSelections(fragment.selectionSet, inner, pending);
    this.#fragments.set(key, cost);
    return cost;
  }

  #typeNamed(name: string | undefined, otherwise: Composite): Composite {
    return name === undefined ? otherwise : ((this.scope.schema.getType(name) as Composite | undefined) ?? otherwise);
  }

  /**
   * The longest that an argument asks for, or would by its default. What is less than one item is no size: for some databases
   * a limit of 0 is none. What is no number is refused when the operation is run.
   */
  #askedSize({ arguments: given = [] }: FieldNode, known: readonly GraphQLArgument[]): number | undefined {
    let size: number | undefined;
    for (const { name, defaultValue } of known) {
      if (!this.scope.listArguments.includes(name)) continue;
      const value = given.find((each) => each.name.value === name)?.value;
      const asked = value === undefined ? defaultValue : this.#valueOf(value, defaultValue);
      if (typeof asked === 'number' && asked >= 1) size = Math.max(size ?? 0, asked);
    }
    return size;
  }

  #valueOf(value: ValueNode, otherwise: unknown): unknown {
    if (value.kind === 'IntValue') return Number(value.value);
    return value.kind === 'Variable' ? (this.scope.variables[value.name.value] ?? otherwise) : undefined;
  }
}

/** Unions have none: what is selected of them stands in fragments. */
function fieldsOf(type: Composite): ReturnType<Composite['getFields']> | undefined {
  return 'getFields' in type ? type.getFields() : undefined;
}

function unwrap(type: GraphQLOutputType): { readonly list: boolean; readonly inner: GraphQLOutputType } {
  let list = false;
  let inner = type;
  while ('ofType' in inner) {
    // A non-null type says so with `!`; a list wraps in brackets.
    list ||= String(inner).startsWith('[');
    inner = inner.ofType as GraphQLOutputType;
  }
  return { list, inner };
}
