/** What does Mercurius answer where something failed? The same as Apollo: one status for what was refused before it ran, else 200. */

import type { GraphQLProblems } from './graphql-problem.js';

/** What Mercurius hands to its `errorFormatter`. */
export interface MercuriusExecution {
  readonly data?: unknown;
  readonly errors?: readonly unknown[];
  readonly statusCode?: number;
}

export function mercuriusAnswer(
  { data, errors = [], statusCode }: MercuriusExecution,
  problems: GraphQLProblems,
): object {
  const all = errors.flatMap((error) => {
    const inner = (error as { originalError?: { errors?: unknown } }).originalError?.errors;
    return Array.isArray(inner) ? (inner as unknown[]) : [error];
  });
  const status = statusCode ?? (all.length === 0 ? 200 : problems.statusOf(all[0]));
  return {
    statusCode: data === undefined ? status : 200,
    response: { ...(data !== undefined && { data }), errors: all.map((error) => problems.format(error)) },
  };
}
