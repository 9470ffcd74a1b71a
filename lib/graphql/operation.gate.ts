/** May this operation be run at all? Asked of its text, before the server has validated or run anything of it. */

import { createHash } from 'node:crypto';
import type {
  DocumentNode,
  FragmentDefinitionNode,
  GraphQLSchema,
  OperationDefinitionNode,
  ParseOptions,
} from 'graphql';
import { SecurityError } from '../core/errors.js';
import type { GraphQLSettings } from './graphql.options.js';
import type { GraphQLPackage } from './graphql.peer.js';
import { costOfSelections, type CostRules } from './operation-cost.js';
import { fragmentsOf, operationOf, sizeOf, type OperationSize } from './operation-size.js';

/** What a client sends. */
export interface OperationRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

/** A document that was read before. */
interface KnownDocument {
  readonly document: DocumentNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly sizes: Map<OperationDefinitionNode, OperationSize>;
}

/** Documents remembered, and how long their text may be for it. */
const MAX_KNOWN = 500;
const MAX_KNOWN_LENGTH = 8192;

export class OperationGate {
  readonly #known = new Map<string, KnownDocument>();

  constructor(
    private readonly graphql: GraphQLPackage,
    private readonly settings: GraphQLSettings,
    private readonly rules: CostRules,
    /** There is one from the moment the app has started. */
    private readonly schema: () => GraphQLSchema | undefined,
  ) {}

  /** @throws SecurityError `invalid_request` that says which limit it is; `forbidden` for a document that nobody knows. */
  admit({ query, variables, operationName }: OperationRequest): void {
    if (typeof query !== 'string' || query === '') {
      throw malformed('query_missing', 'Send one operation: { "query": "…" }.');
    }
    this.#checkTrusted(query);
    const known = this.#read(query);
    const name = typeof operationName === 'string' && operationName !== '' ? operationName : undefined;
    const operation = operationOf(known.document, name);
    // The server names what is wrong with it, and runs nothing.
    if (operation === undefined) return;
    const size = known.sizes.get(operation) ?? sizeOf(operation, known.fragments);
    known.sizes.set(operation, size);
    this.#checkSize(size);
    this.#checkCost(operation, known.fragments, variables);
  }

  #checkTrusted(query: string): void {
    const { trustedDocuments } = this.settings;
    if (trustedDocuments === undefined) return;
    if (trustedDocuments(createHash('sha256').update(query).digest('hex')) === true) return;
    throw new SecurityError('forbidden', { reason: 'document_not_trusted' });
  }

  #read(query: string): KnownDocument {
    const earlier = this.#known.get(query);
    if (earlier !== undefined) return earlier;
    let document: DocumentNode;
    try {
      document = this.graphql.parse(query, tokenLimit(this.settings.limits.tokens));
    } catch (error) {
      // What the parser says is about the client's own text.
      throw malformed('syntax', error instanceof Error ? error.message : 'Syntax error.');
    }
    const known = {
      document,
      fragments: fragmentsOf(document),
      sizes: new Map<OperationDefinitionNode, OperationSize>(),
    };
    if (query.length <= MAX_KNOWN_LENGTH) {
      if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(query, known);
    }
    return known;
  }

  #checkSize(size: OperationSize): void {
    if (size.circular) throw malformed('circular_fragment', 'A fragment contains itself.');
    if (size.introspects && !this.settings.introspection) {
      throw malformed('introspection', 'This server does not tell its schema.');
    }
    for (const limit of ['depth', 'aliases', 'directives', 'rootFields', 'fields'] as const) {
      const most = this.settings.limits[limit];
      if (size[limit] > most)
        throw malformed(`${limit}_over_limit`, `The operation has more than ${most} ${WORDS[limit]}.`);
    }
  }

  #checkCost(
    { operation, selectionSet, variableDefinitions = [] }: OperationDefinitionNode,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    variables: unknown,
  ): void {
    const schema = this.schema();
    const root = schema?.getRootType(operation as never);
    if (schema === undefined || !root) return;
    const given: Record<string, unknown> = {};
    for (const { variable, defaultValue } of variableDefinitions) {
      if (defaultValue?.kind === 'IntValue') given[variable.name.value] = Number(defaultValue.value);
    }
    if (typeof variables === 'object' && variables !== null) Object.assign(given, variables);
    const cost = costOfSelections(selectionSet, root, { ...this.rules, schema, fragments, variables: given });
    const most = this.settings.limits.cost;
    if (!(cost <= most)) throw malformed('cost_over_limit', `The operation costs more than ${most}.`);
  }
}

/** By both of the names that versions of `graphql` know it by. */
export function tokenLimit(tokens: number): ParseOptions {
  return Object.fromEntries(['maxTokens', 'maxLexicalTokens'].map((name) => [name, tokens]));
}

const WORDS = {
  depth: 'levels of fields',
  aliases: 'aliases',
  directives: 'directives',
  rootFields: 'root fields',
  fields: 'fields',
} as const;

export function malformed(reason: string, detail: string): SecurityError {
  return new SecurityError('invalid_request', { reason: `graphql_${reason}`, extensions: { detail } });
}
