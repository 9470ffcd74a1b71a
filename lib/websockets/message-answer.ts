/** What may leave of what a message handler answers? The same fields as over HTTP. */

import { catchError, concatMap, EMPTY, from, isObservable, type Observable } from 'rxjs';
import { callOf } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import type { RoleHierarchy } from '../core/role-hierarchy.js';
import type { Route } from '../core/route.js';
import { filterAnswer } from '../responses/answer-flow.js';
import type { Answer } from '../responses/answer.js';
import type { ResponsesStage } from '../responses/responses.stage.js';
import { Viewer } from '../responses/viewer.js';
import { answerError } from './exception.filter.js';
import type { SocketRequest } from './socket-request.js';

export class MessageAnswers {
  readonly #answers = new WeakMap<Route, Answer>();

  constructor(
    private readonly stage: ResponsesStage,
    private readonly hierarchy: RoleHierarchy,
  ) {}

  /** Whatever is wrong with the answer is the client's to know as an `exception`, and nothing else of it leaves. */
  async filtered(
    answering: Promise<unknown> | Observable<unknown>,
    message: SocketRequest,
    client: object,
  ): Promise<unknown> {
    try {
      const answer: unknown = await (answering as Promise<unknown>);
      if (!isObservable(answer)) return await this.#filter(answer, message);
      return answer.pipe(
        concatMap((each) => from(this.#filter(each, message))),
        catchError((error: unknown) => {
          answerError(error, client, message);
          return EMPTY;
        }),
      );
    } catch (error) {
      answerError(error, client, message);
      return undefined;
    }
  }

  async #filter(value: unknown, message: SocketRequest): Promise<unknown> {
    if (value === undefined || value === null) return undefined;
    const call = callOf(message);
    // No guard of ours saw the message: nobody knows who gets this answer.
    if (call === undefined) throw new SecurityError('forbidden', { reason: 'message_not_judged' });
    const roles = this.hierarchy.held(call.principal);
    const viewer = new Viewer(roles, call.principal?.id);
    const copier = this.#answerOf(call.route).copierFor(roles);
    // Nest's way to name the event of an answer: its data is the answer, the rest is protocol.
    if (isNamed(value)) return { event: value.event, data: await filterAnswer(value.data, copier, viewer) };
    return filterAnswer(value, copier, viewer);
  }

  #answerOf(route: Route): Answer {
    let answer = this.#answers.get(route);
    if (answer === undefined) this.#answers.set(route, (answer = this.stage.answerOf(route)));
    return answer;
  }
}

function isNamed(value: unknown): value is { readonly event: string; readonly data?: unknown } {
  return typeof value === 'object' && value !== null && typeof (value as { event?: unknown }).event === 'string';
}
