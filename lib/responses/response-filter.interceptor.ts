/** Lets nothing leave that the route does not declare, or that this caller may not see. */

import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { catchError, concatMap, from, map, of, throwError, type Observable } from 'rxjs';
import { callOf } from '../core/call.js';
import { OUTERMOST_INTERCEPTOR } from '../core/enhancers.js';
import { PipelinePlans } from '../core/pipeline-plans.js';
import { RoleHierarchy } from '../core/role-hierarchy.js';
import type { Handler, Route } from '../core/route.js';
import { rawResponse, type HttpRequest, type HttpResponse } from '../core/transport.js';
import { filterAnswer, filterEvent } from './answer-flow.js';
import type { Answer } from './answer.js';
import { FailureReport } from './failure-report.js';
import { ResponsesStage } from './responses.stage.js';
import { Viewer } from './viewer.js';

/** Nest's own key for `@Sse()`. */
const SSE_METADATA = '__sse__';

interface RouteFilter {
  readonly answer: Answer;
  readonly filter: typeof filterAnswer;
  readonly isSse: boolean;
}

/**
 * Runs for every HTTP handler. Outermost of the interceptors, so that it sees what all others made of the answer; the
 * boot audit finds global ones that were registered before it.
 */
@Injectable()
export class ResponseFilterInterceptor implements NestInterceptor {
  readonly [OUTERMOST_INTERCEPTOR] = true;
  readonly #filters = new WeakMap<Route, RouteFilter>();

  constructor(
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(ResponsesStage) private readonly stage: ResponsesStage,
    @Inject(RoleHierarchy) private readonly hierarchy: RoleHierarchy,
    @Inject(FailureReport) private readonly failures: FailureReport,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const { route } = this.plans.planFor(context.getClass(), context.getHandler() as Handler);
    const { answer, filter, isSse } = this.#filterFor(route);
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const call = callOf(request);
    const principal = call?.principal;
    const roles = this.hierarchy.held(principal);
    const copier = answer.copierFor(roles);
    const viewer = new Viewer(roles, principal?.id);
    const answers = next.handle();
    const filtered = isSse
      ? this.#guardEvents(answers, (value) => filter(value, copier, viewer), request, http.getResponse())
      : answers.pipe(map((value) => filter(value, copier, viewer)));
    return call?.around === undefined ? filtered : call.around(() => filtered);
  }

  /** Once events flow, nobody but us stands between an error's message and the client. */
  #guardEvents(
    events: Observable<unknown>,
    filter: (value: unknown) => unknown,
    request: HttpRequest,
    response: HttpResponse,
  ): Observable<unknown> {
    return events.pipe(
      concatMap((event) => {
        const filtered = filter(event);
        return filtered instanceof Promise ? from(filtered) : of(filtered);
      }),
      catchError((error: unknown) =>
        throwError(() => (rawResponse(response).headersSent ? this.failures.quiet(error, request) : error)),
      ),
    );
  }

  #filterFor(route: Route): RouteFilter {
    const known = this.#filters.get(route);
    if (known !== undefined) return known;
    const isSse = Reflect.getMetadata(SSE_METADATA, route.handler) === true;
    const made = { answer: this.stage.answerOf(route), filter: isSse ? filterEvent : filterAnswer, isSse };
    this.#filters.set(route, made);
    return made;
  }
}
