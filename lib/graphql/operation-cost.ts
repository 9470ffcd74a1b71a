/** What does a selection cost? Each resolver its `@Cost()`, each list as often as it is long. Known before anything is run. */

import type {
  FieldNode,
  FragmentDefinitionNode,
  GraphQLInterfaceType,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLSchema,
  GraphQLUnionType,
  SelectionSetNode,
} from 'graphql';
import { isFielded, type FieldCosts } from './field-costs.js';
import { AskedSizes } from './list-size.js';

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

/** What an item of a list costs at least, in tokens: plain properties have to be loaded, kept and sent as well. */
const ITEM = 0.1;

type Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType;

/** Of a whole operation: the sum of its root fields. The fragments must not run in circles. */
export function costOfSelections(set: SelectionSetNode, type: Composite, scope: CostScope): number {
  return whole(new CostCount(scope).ofSelections(set, type, undefined));
}

/** Of one field as it stands in an operation, under all the nodes that ask for it. */
export function costOfField(nodes: readonly FieldNode[], type: Composite, scope: CostScope): number {
  const count = new CostCount(scope);
  // Several nodes of one response name are one field, run once, with all that they select.
  return whole(nodes.reduce((sum, node, index) => sum + count.ofField(node, type, undefined, index === 0), 0));
}

/** Rounded up; tenths add up to a little more than they should. */
function whole(cost: number): number {
  return Math.ceil(cost - 1e-9 * Math.abs(cost));
}

class CostCount {
  readonly #fragments = new Map<string, number>();
  readonly #sizes: AskedSizes;

  constructor(private readonly scope: CostScope) {
    this.#sizes = new AskedSizes(scope);
  }

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
    const field = isFielded(type) ? type.getFields()[node.name.value] : undefined;
    if (field === undefined) return 0;
    const own = countsItself ? this.scope.costs.of(this.scope.schema, type.name, node.name.value) : 0;
    const { list, inner } = unwrap(field.type);
    const asked = this.#sizes.of(node, field.args);
    if (node.selectionSet === undefined || !isComposite(inner)) return own + (list ? (asked ?? 0) * ITEM : 0);
    const each = this.ofSelections(node.selectionSet, inner, list ? undefined : (asked ?? pending));
    return own + (list ? (asked ?? pending ?? this.scope.listSize) * Math.max(each, ITEM) : each);
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

  /** A fragment on what is no type of objects selects nothing: the operation is refused when it is validated. */
  #typeNamed(name: string | undefined, otherwise: Composite): Composite {
    const type = name === undefined ? undefined : this.scope.schema.getType(name);
    return type !== undefined && isComposite(type) ? type : otherwise;
  }
}

/** Unions have no fields of their own: what is selected of them stands in fragments. */
function isComposite(type: object): type is Composite {
  return isFielded(type) || 'getTypes' in type;
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
