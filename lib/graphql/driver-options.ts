/** Which options of a driver do we read, and which may the app not change? */

import type { GraphQLFormattedError, GraphQLSchema } from 'graphql';
import { optionError } from '../core/checks.js';

/** What is read of the options that the app gives. The rest is handed on as it is. */
export interface DriverOptions {
  /** Where the endpoint is. Default `/graphql`. */
  readonly path?: string;
  readonly context?: unknown;
  readonly fieldResolverEnhancers?: readonly string[];
  readonly transformSchema?: (schema: GraphQLSchema) => GraphQLSchema | Promise<GraphQLSchema>;
  readonly graphiql?: unknown;
  readonly ide?: unknown;
  readonly introspection?: unknown;
  readonly parseOptions?: object;
  /** Of Apollo. */
  readonly subscriptions?: unknown;
  /** Of Mercurius. */
  readonly subscription?: unknown;
  readonly useGlobalPrefix?: boolean;
  /** Of Mercurius: how many documents it remembers. Default 200. */
  readonly cache?: boolean | number;
  readonly formatError?: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;
  readonly hooks?: { readonly preParsing?: (schema: unknown, source: string, context: unknown) => unknown };
}

/** Said once, for the whole app, in `GraphQLSecurityModule.forRoot()`. */
const SAID_ELSEWHERE = ['introspection', 'playground'] as const;

/** @throws TypeError for an option that would take a protection away. */
export function checkGiven(where: string, given: object, fixed: Readonly<Record<string, unknown>>): void {
  if (typeof given !== 'object' || given === null) {
    throw optionError(
      where,
      given,
      'is not an object',
      'Give the options of the driver, e.g. { autoSchemaFile: true }.',
    );
  }
  const options = given as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(fixed)) {
    if (options[name] === undefined || options[name] === value) continue;
    throw optionError(
      `${where}.${name}`,
      options[name],
      'takes a protection away, or is not supported',
      'Leave it out.',
    );
  }
  const { federation } = (options.autoSchemaFile ?? {}) as { federation?: unknown };
  if (federation !== undefined && federation !== false) {
    throw optionError(
      `${where}.autoSchemaFile.federation`,
      federation,
      'makes a subgraph, in which rules would be asked for the first of many objects only',
      'Leave it out, and keep the schema whole.',
    );
  }
  for (const name of SAID_ELSEWHERE) {
    if (options[name] === undefined) continue;
    const fix = `Say it in GraphQLSecurityModule.forRoot({ ${name === 'playground' ? 'ide' : name}: … }).`;
    throw optionError(`${where}.${name}`, options[name], 'is decided elsewhere', fix);
  }
}

/** What holds whatever the app says. */
export const APOLLO_FIXED = {
  autoTransformHttpErrors: false,
  csrfPrevention: true,
  allowBatchedHttpRequests: false,
  persistedQueries: false,
  includeStacktraceInErrorResponses: false,
  dangerouslyDisableValidation: false,
  // A server of its own, past the door.
  installSubscriptionHandlers: false,
  gateway: undefined,
} as const;

export const MERCURIUS_FIXED = {
  allowBatchedQueries: false,
  // Compiled operations would share what we keep calls apart by.
  jit: 0,
  persistedQueryProvider: undefined,
  persistedQueries: undefined,
  // They take the place of resolvers once everything is guarded.
  loaders: undefined,
  resolvers: undefined,
  gateway: undefined,
  // Errors are told by us. `formatError` is an option of Apollo's.
  errorFormatter: undefined,
  formatError: undefined,
} as const;
