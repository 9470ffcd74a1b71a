/** How is the GraphQL endpoint configured? */

import {
  checkBoolean,
  checkKeys,
  checkOneOf,
  checkPositive,
  checkPositiveInteger,
  checkTextList,
  optionError,
} from '../core/checks.js';
import type { Environment } from '../core/environment.js';
import { socketSettings, type SocketOptions, type SocketSettings } from '../sockets/socket.options.js';

/** What one operation may ask for. Judged before it is validated, and long before it is run (OWASP API4, ASVS 4.3.1). */
export interface OperationLimits {
  /** How deep fields may stand in each other; a root field has depth 1. Default 10. */
  readonly depth?: number;
  /** How many fields may be renamed, fragments counted each time they are used. Default 15. */
  readonly aliases?: number;
  /** How many directives there may be. Default 20. */
  readonly directives?: number;
  /** How many fields of the query or mutation type may be asked for, aliases included. Default 10. */
  readonly rootFields?: number;
  /** How many tokens the document may have: names, braces, values. Default 2000. */
  readonly tokens?: number;
  /** How many fields may be selected in all, fragments counted each time they are used. Default 500. */
  readonly fields?: number;
  /** What the operation may cost, in tokens of the caller's bucket. Default 1000. */
  readonly cost?: number;
}

export interface GraphQLSecurityOptions {
  /** What one operation may ask for. */
  readonly limits?: OperationLimits;
  /** May clients ask for the schema? Default: not in production. Where they may not, errors suggest no names either (ASVS 4.3.2). */
  readonly introspection?: boolean;
  /** Serve the driver's IDE. Default: not in production. */
  readonly ide?: boolean;
  /**
   * What becomes of a field that the caller may not see: `null`, or an `error` beside a null. Default `null`. A field that
   * cannot be null has to be an error.
   */
  readonly hiddenFields?: 'null' | 'error';
  /** Arguments that say how long a list will be. Default first, last, limit, take, pageSize. */
  readonly listArguments?: readonly string[];
  /** How long a list is taken to be where no argument says so. Default 10. */
  readonly listSize?: number;
  /**
   * Runs only operations that it knows. It is given the SHA-256 of the document's text, in hex. Default: every operation
   * within the limits is run.
   */
  readonly trustedDocuments?: (sha256: string) => boolean;
  /** How many connections, messages and bytes subscriptions may take. Default: as for gateways. */
  readonly sockets?: SocketOptions;
}

export interface GraphQLSettings {
  readonly limits: Required<OperationLimits>;
  readonly introspection: boolean;
  readonly ide: boolean;
  readonly hiddenFields: 'null' | 'error';
  readonly listArguments: readonly string[];
  readonly listSize: number;
  readonly trustedDocuments: ((sha256: string) => boolean) | undefined;
  readonly sockets: SocketSettings;
}

export const GRAPHQL_SETTINGS = Symbol('bulwark:graphql-settings');

const DEFAULT_LIMITS: Required<OperationLimits> = Object.freeze({
  depth: 10,
  aliases: 15,
  directives: 20,
  rootFields: 10,
  tokens: 2000,
  fields: 500,
  cost: 1000,
});

const WHERE = 'GraphQLSecurityModule';

/** @throws TypeError naming option, value and fix. */
export function graphqlSettings(
  input: GraphQLSecurityOptions | undefined,
  { production }: Environment,
): GraphQLSettings {
  const options = input ?? {};
  checkKeys(WHERE, options, [
    'limits',
    'introspection',
    'ide',
    'hiddenFields',
    'listArguments',
    'listSize',
    'trustedDocuments',
    'sockets',
  ]);
  const { trustedDocuments } = options;
  if (trustedDocuments !== undefined && typeof trustedDocuments !== 'function') {
    throw optionError(
      `${WHERE}.trustedDocuments`,
      trustedDocuments,
      'is not a function',
      'Use (sha256) => known.has(sha256).',
    );
  }
  return Object.freeze({
    limits: checkLimits(options.limits),
    introspection: checkBoolean(`${WHERE}.introspection`, options.introspection ?? !production),
    ide: checkBoolean(`${WHERE}.ide`, options.ide ?? !production),
    hiddenFields: checkOneOf(`${WHERE}.hiddenFields`, options.hiddenFields ?? 'null', ['null', 'error'] as const),
    listArguments: checkTextList(
      `${WHERE}.listArguments`,
      options.listArguments ?? ['first', 'last', 'limit', 'take', 'pageSize'],
    ),
    listSize: checkPositiveInteger(`${WHERE}.listSize`, options.listSize ?? 10),
    trustedDocuments,
    sockets: socketSettings(`${WHERE}.sockets`, options.sockets),
  });
}

function checkLimits(given: OperationLimits = {}): Required<OperationLimits> {
  checkKeys(`${WHERE}.limits`, given, Object.keys(DEFAULT_LIMITS));
  const limits: Record<string, number> = {};
  for (const [name, usual] of Object.entries(DEFAULT_LIMITS)) {
    const value = given[name as keyof OperationLimits] ?? usual;
    const check = name === 'cost' ? checkPositive : checkPositiveInteger;
    limits[name] = check(`${WHERE}.limits.${name}`, value);
  }
  return Object.freeze(limits) as unknown as Required<OperationLimits>;
}
