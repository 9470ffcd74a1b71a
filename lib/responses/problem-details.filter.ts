/** Answers every error as a problem (RFC 9457): what a client may know, and nothing of our insides (ASVS 16.5.1). */

import { Catch, Inject, NotFoundException, Optional, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import { callOf } from '../core/call.js';
import { CHALLENGES, type Challenges } from '../core/challenges.js';
import { OUTERMOST_FILTER } from '../core/enhancers.js';
import { SecurityError, type ProblemDetails } from '../core/errors.js';
import type { HttpRequest, HttpResponse } from '../core/transport.js';
import { FailureReport } from './failure-report.js';
import { sendProblem } from './problem-response.js';
import { standardProblem, verdictOn } from './problem.js';

@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  readonly [OUTERMOST_FILTER] = true;

  constructor(
    @Inject(FailureReport) private readonly failures: FailureReport,
    @Optional() @Inject(CHALLENGES) private readonly challenges?: Challenges,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void | Observable<never> {
    switch (host.getType<string>()) {
      case 'http':
        return this.#answer(error, host.switchToHttp().getRequest(), host.switchToHttp().getResponse());
      // These two have nobody behind us to catch what we throw, so they get what Nest's own filters would send.
      case 'ws':
        host
          .switchToWs()
          .getClient<{ emit?(event: string, data: unknown): void }>()
          .emit?.('exception', messageOf(error));
        return;
      case 'rpc':
        return throwError(() => messageOf(error));
      default:
        throw error;
    }
  }

  #answer(error: unknown, request: HttpRequest, response: HttpResponse): void {
    const verdict = verdictOn(error);
    if (verdict.kind === 'failure') {
      const instance = `urn:uuid:${this.failures.report(error, request)}`;
      return sendProblem(response, { ...verdict.problem, instance }, NO_HEADERS);
    }
    const { problem, headers, unrecorded } = verdict;
    // Refusals of guards and of the edge are recorded where they happen. These three are seen only here.
    if (unrecorded !== undefined) this.failures.recordEdgeRefusal(request, unrecorded);
    else if (error instanceof SecurityError) this.failures.recordRefusal(request, error);
    else if (isUnknownRoute(error, request)) this.failures.recordUnknownRoute(request);
    const body = unrecorded === undefined ? explain(problem, request) : problem;
    sendProblem(response, body, this.#challenging(headers, request));
  }

  /** Whoever refused knows one way to authenticate; the app may have others, and more to say about them. */
  #challenging(headers: Readonly<Record<string, string>>, request: HttpRequest): Readonly<Record<string, string>> {
    const { 'WWW-Authenticate': challenge } = headers;
    if (challenge === undefined || this.challenges === undefined) return headers;
    const completed = this.challenges.complete(challenge, request);
    return completed === challenge ? headers : { ...headers, 'WWW-Authenticate': completed };
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** Nest answers unknown routes with an exception of its own, outside of any handler. */
function isUnknownRoute(error: unknown, request: HttpRequest): boolean {
  return (
    error instanceof NotFoundException &&
    callOf(request) === undefined &&
    error.message.startsWith(`Cannot ${request.method} `)
  );
}

/**
 * Express leaves a body that no parser takes unread, and the route then misses its input. The reason is the content
 * type, so that is what the client is told. Fastify says so itself.
 */
function explain(problem: ProblemDetails, request: HttpRequest): ProblemDetails {
  if (problem.status !== 400 || request.body !== undefined || request.method === 'GET') return problem;
  const { 'content-length': length, 'transfer-encoding': encoding, 'content-type': type } = request.headers;
  // These have a reader, which knows better what was wrong with them; multipart is read by the route itself.
  if (type !== undefined && /^(multipart\/|application\/(json|x-www-form-urlencoded)\b)/i.test(type)) return problem;
  const hasBody = encoding !== undefined || (length !== undefined && length !== '0');
  return hasBody ? standardProblem(415) : problem;
}

/** What Nest's own filters for messages send: the app's message where it made an exception for the purpose, else none. */
function messageOf(error: unknown): unknown {
  const { getError } = (error ?? {}) as { getError?: unknown };
  const message: unknown = typeof getError === 'function' ? (getError as () => unknown).call(error) : undefined;
  if (typeof message === 'object' && message !== null) return message;
  return { status: 'error', message: message ?? 'Internal server error' };
}
