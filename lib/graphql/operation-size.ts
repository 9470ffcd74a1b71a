/** How much does an operation ask for? Counted on its syntax alone, each fragment once, however often it is used. */

import type { DocumentNode, FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode } from 'graphql';

export interface OperationSize {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly rootFields: number;
  readonly fields: number;
  /** Asks for the schema: `__schema` or `__type`. */
  readonly introspects: boolean;
  /** A fragment contains itself. What else is counted then means nothing. */
  readonly circular: boolean;
}

type Counts = { -readonly [Key in keyof OperationSize]: OperationSize[Key] };

export function operationsOf(document: DocumentNode): readonly OperationDefinitionNode[] {
  return document.definitions.filter((each) => each.kind === 'OperationDefinition');
}

export function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = document.definitions.filter((each) => each.kind === 'FragmentDefinition');
  return new Map(fragments.map((each) => [each.name.value, each]));
}

/**
 * Of every operation and every fragment of a document, used or not: the server validates them all. Fragments are counted as often as
 * they are used, so that a few lines cannot stand for millions of fields.
 */
export function sizesIn(document: DocumentNode): readonly OperationSize[] {
  const fragments = fragmentsOf(document);
  const known = new Map<string, OperationSize | 'open'>();

  function ofFragment(name: string): OperationSize {
    const earlier = known.get(name);
    if (earlier === 'open') return { ...nothing(), circular: true };
    if (earlier !== undefined) return earlier;
    const fragment = fragments.get(name);
    if (fragment === undefined) return nothing();
    known.set(name, 'open');
    const size = ofSelections(fragment.selectionSet);
    size.directives += fragment.directives?.length ?? 0;
    known.set(name, size);
    return size;
  }

  function ofSelections({ selections }: SelectionSetNode): Counts {
    const counts = nothing();
    for (const selection of selections) {
      counts.directives += selection.directives?.length ?? 0;
      if (selection.kind === 'FragmentSpread') {
        add(counts, ofFragment(selection.name.value));
      } else if (selection.kind === 'InlineFragment') {
        add(counts, ofSelections(selection.selectionSet));
      } else {
        const inner = selection.selectionSet === undefined ? nothing() : ofSelections(selection.selectionSet);
        add(counts, { ...inner, depth: inner.depth + 1, rootFields: 1, fields: inner.fields + 1 });
        if (selection.alias !== undefined) counts.aliases++;
        if (selection.name.value === '__schema' || selection.name.value === '__type') counts.introspects = true;
      }
    }
    return counts;
  }

  return [
    ...operationsOf(document).map(({ selectionSet, directives = [], variableDefinitions = [] }) => {
      const counts = ofSelections(selectionSet);
      counts.directives += directives.length;
      for (const { directives: more = [] } of variableDefinitions) counts.directives += more.length;
      return counts;
    }),
    // Where a fragment begins there is no root: its fields stand somewhere in an operation.
    ...document.definitions
      .filter((each) => each.kind === 'FragmentDefinition')
      .map((each) =>
        fragments.get(each.name.value) === each ? ofFragment(each.name.value) : ofSelections(each.selectionSet),
      )
      .map((counts) => ({ ...counts, rootFields: 0 })),
  ];
}

function nothing(): Counts {
  return { depth: 0, aliases: 0, directives: 0, rootFields: 0, fields: 0, introspects: false, circular: false };
}

function add(counts: Counts, more: OperationSize): void {
  counts.depth = Math.max(counts.depth, more.depth);
  counts.aliases += more.aliases;
  counts.directives += more.directives;
  counts.rootFields += more.rootFields;
  counts.fields += more.fields;
  counts.introspects ||= more.introspects;
  counts.circular ||= more.circular;
}
