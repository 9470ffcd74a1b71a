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
  /** Made here: told as they are. */
  readonly #safe = new WeakSet<object>();
  /** Thrown by resolvers, as errors of GraphQL: meant for clients. */
  readonly #thrown = new WeakSet<object>();

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
    if (error instanceof this.graphql.GraphQLError) {
      this.#thrown.add(error);
      return error;
    }
    return this.#made(error, report);
  }

  #made(error: unknown, report: (error: unknown) => string): GraphQLError {
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
      const words = this.#thrown.has(cause) ? message : this.#quiet(withoutValues(message));
      return { message: words, ...place, extensions: { ...told, code: spoken(code) } };
    }
    return { ...this.format(this.#made(cause, this.report)), ...place };
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
      // What GraphQL throws while it completes a value is an error of its own, whose place is known only around it.
      if (isPlaced(cause) && originalError instanceof this.graphql.GraphQLError && !this.#isTold(originalError))
        return cause;
      cause = originalError;
    }
    return cause;
  }

  #isTold(error: object): boolean {
    return this.#safe.has(error) || this.#thrown.has(error);
  }

  /** The syntax and validation errors of GraphQL itself, and those that the app made for its clients. */
  #isDeliberate(error: unknown): error is GraphQLError {
    if (typeof error !== 'object' || error === null) return false;
    if (this.#isTold(error)) return true;
    // With a place in the answer it was made while a value was completed: the handler's value did not fit the schema.
    if (!(error instanceof this.graphql.GraphQLError) || isPlaced(error)) return false;
    // About the text of the operation and its variables: no resolver has run.
    return error.locations !== undefined || error.originalError === undefined || error.originalError === null;
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

/** Has it a place in the answer? Then it came up while the operation was run. */
function isPlaced(error: unknown): boolean {
  return (error as { path?: unknown }).path !== undefined;
}

/** GraphQL quotes what does not fit, which may be a password in the wrong field, and what a custom scalar says of it. */
function withoutValues(message: string): string {
  const [, variable] = /^Variable "\$(\w+)" got invalid value /.exec(message) ?? [];
  if (variable !== undefined) return `Variable "$${variable}" does not fit its type.`;
  return QUOTES.test(message) ? 'A value does not fit its type.' : message;
}

const QUOTES = /\bcannot represent\b|^Expected value of type |^Value ".*" does not exist in /s;

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
