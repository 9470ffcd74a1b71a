/** What does a client learn of an error? The problem that REST would answer, in `extensions`. */

import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import { SecurityError, type ProblemDetails } from '../core/errors.js';
import type { GraphQLPackage } from './graphql.peer.js';
import { codeOfStatus, verdictOn } from '../responses/problem.js';

/** What `extensions` holds: the code that programs switch on, and the problem's own fields. Its title is the message. */
function extensionsOf(code: string, problem: ProblemDetails): Record<string, unknown> {
  const { title: _title, ...fields } = problem;
  return { code, ...fields };
}

/** The errors of one app that say nothing but what a client may know. */
export class GraphQLProblems {
  readonly #safe = new WeakSet<object>();

  constructor(
    private readonly graphql: GraphQLPackage,
    private readonly suggests: boolean,
    /** Tells the log of a failure and answers its number. */
    private readonly report: (error: unknown) => string,
  ) {}

  /** A refusal before anything was run: it has a status of its own. Apollo reads it from `extensions.http`. */
  refusal(error: SecurityError): GraphQLError {
    const headers = new Map(Object.entries(error.headers).map(([name, value]) => [name.toLowerCase(), value]));
    return this.#make(error.problem.title, {
      ...extensionsOf(error.code, error.problem),
      http: { status: error.getStatus(), headers },
    });
  }

  /**
   * What a resolver threw, made presentable.
   *
   * @param report tells the log of a failure and answers its number.
   */
  ofResolver(error: unknown, report: (error: unknown) => string): unknown {
    if (this.#isDeliberate(error)) return error;
    const verdict = verdictOn(error);
    const { problem } = verdict;
    const code = error instanceof SecurityError ? error.code : codeOfStatus(problem.status);
    if (verdict.kind === 'refusal') return this.#make(problem.title, extensionsOf(code, problem));
    const instance = `urn:uuid:${report(error)}`;
    return this.#make(problem.title, extensionsOf('internal', { ...problem, instance }));
  }

  /** What is sent, whatever made the error: no stack, no cause, and no names that the client does not know. */
  format(error: unknown): GraphQLFormattedError {
    const { path, locations } = (error ?? {}) as Partial<GraphQLError>;
    const place = { ...(locations && { locations }), ...(path && { path }) };
    const cause = this.#causeOf(error);
    if (this.#safe.has(cause as object)) {
      const { message, extensions } = cause as GraphQLError;
      const { http: _, ...told } = extensions;
      return { message, ...place, extensions: told };
    }
    if (this.#isDeliberate(cause)) {
      const { message, extensions } = cause;
      const { code, stacktrace: _stack, http: _http, exception: _exception, ...told } = extensions;
      return { message: this.#quiet(message), ...place, extensions: { ...told, code: spoken(code) } };
    }
    return this.format(this.ofResolver(cause, this.report));
  }

  /** The status of a request that was refused before anything was run. */
  statusOf(error: unknown): number {
    const cause = this.#causeOf(error);
    const { http } = ((cause as Partial<GraphQLError>).extensions ?? {}) as { http?: { status?: number } };
    if (http?.status !== undefined) return http.status;
    return this.#isDeliberate(cause) ? 400 : verdictOn(cause).problem.status;
  }

  /** GraphQL and the drivers put errors of their own around what a resolver threw. */
  #causeOf(error: unknown): unknown {
    let cause = error;
    while (typeof cause === 'object' && cause !== null && !this.#isDeliberate(cause)) {
      const { originalError } = cause as { originalError?: unknown };
      if (originalError === undefined || originalError === null) break;
      cause = originalError;
    }
    return cause;
  }

  /** The syntax and validation errors of GraphQL itself, and those that the app made for its clients. */
  #isDeliberate(error: unknown): error is GraphQLError {
    if (typeof error !== 'object' || error === null) return false;
    if (this.#safe.has(error)) return true;
    if (!(error instanceof this.graphql.GraphQLError)) return false;
    // About the text of the operation and its variables: no resolver has run.
    if (error.path === undefined && error.locations !== undefined) return true;
    if (error.originalError !== undefined && error.originalError !== null) return false;
    // The handler's value did not fit the schema: that is no word for clients, and it quotes the value.
    return !error.message.includes('cannot represent');
  }

  /** "Did you mean …" spells out the schema for whoever guesses (ASVS 4.3.2). */
  #quiet(message: string): string {
    return this.suggests ? message : message.replace(/ ?Did you mean [^?]*\?(?: .*)?$/s, '');
  }

  #make(message: string, extensions: Record<string, unknown>): GraphQLError {
    const error = new this.graphql.GraphQLError(message, { extensions });
    this.#safe.add(error);
    return error;
  }
}

/** The drivers' own codes for what is malformed are one of ours. */
const MALFORMED: ReadonlySet<unknown> = new Set([
  undefined,
  'GRAPHQL_VALIDATION_FAILED',
  'GRAPHQL_PARSE_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'MER_ERR_GQL_VALIDATION',
]);

function spoken(code: unknown): unknown {
  return MALFORMED.has(code) ? 'invalid_request' : code;
}
