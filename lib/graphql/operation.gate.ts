/** May this operation be run at all? Asked of its text, before the server has validated or run anything of it. */

import { createHash } from 'node:crypto';
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ParseOptions } from 'graphql';
import { SecurityError } from '../core/errors.js';
import type { GraphQLSettings } from './graphql.options.js';
import type { GraphQLPackage } from './graphql.peer.js';
import { KnownDocuments } from './known-documents.js';
import { plain } from './list-size.js';
import { costOfSelections, type CostRules } from './operation-cost.js';
import { fragmentsOf, operationsOf, sizesIn, type OperationSize } from './operation-size.js';

/** What a client sends. */
export interface OperationRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

export class OperationGate {
  readonly #known = new KnownDocuments();

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
    try {
      this.#judge(
        query,
        variables,
        typeof operationName === 'string' && operationName !== '' ? operationName : undefined,
      );
    } catch (error) {
      if (error instanceof SecurityError) throw error;
      // Made up to break us, and the client's doing: a schema that is ours has been walked at boot.
      const name = error instanceof Error ? error.name : typeof error;
      throw malformed(`unreadable: ${name}`, 'The operation cannot be read.');
    }
  }

  #judge(query: string, variables: unknown, name: string | undefined): void {
    const earlier = this.#known.get(query);
    const document = earlier ?? this.#read(query);
    if (earlier === undefined) for (const size of sizesIn(document)) this.#checkSize(size);
    this.#checkCost(document, chosen(operationsOf(document), name), variables);
    // Not before all limits are kept: what was refused is not worth the room.
    this.#known.add(query, document);
  }

  #checkTrusted(query: string): void {
    const { trustedDocuments } = this.settings;
    if (trustedDocuments === undefined) return;
    if (trustedDocuments(createHash('sha256').update(query).digest('hex')) === true) return;
    throw new SecurityError('forbidden', { reason: 'document_not_trusted' });
  }

  #read(query: string): DocumentNode {
    try {
      return this.graphql.parse(query, { ...tokenLimit(this.settings.limits.tokens), noLocation: true });
    } catch (error) {
      // What the parser says is about the client's own text.
      throw malformed('syntax', error instanceof Error ? error.message : 'Syntax error.');
    }
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
    document: DocumentNode,
    { operation, selectionSet, variableDefinitions = [] }: OperationDefinitionNode,
    variables: unknown,
  ): void {
    const schema = this.schema();
    const root = schema?.getRootType(operation as never);
    if (schema === undefined || !root) return;
    const given: Record<string, unknown> = {};
    for (const { variable, defaultValue } of variableDefinitions) {
      if (defaultValue !== undefined) given[variable.name.value] = plain(defaultValue, {});
    }
    if (typeof variables === 'object' && variables !== null) Object.assign(given, variables);
    const cost = costOfSelections(selectionSet, root, {
      ...this.rules,
      schema,
      fragments: fragmentsOf(document),
      variables: given,
    });
    const most = this.settings.limits.cost;
    if (!(cost <= most)) throw malformed('cost_over_limit', `The operation costs more than ${most}.`);
  }
}

/** The operation of this name; the only one where there is no name. Nobody has to guess which one will be run. */
function chosen(operations: readonly OperationDefinitionNode[], name: string | undefined): OperationDefinitionNode {
  if (operations.length === 0) throw malformed('operation_missing', 'The document holds no operation.');
  const named = name === undefined ? operations : operations.filter((each) => each.name?.value === name);
  if (named.length === 1) return named[0]!;
  if (name === undefined) throw malformed('operation_unnamed', 'Say by `operationName` which operation is meant.');
  throw malformed('operation_unknown', 'The document holds no operation of this name, or several.');
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
