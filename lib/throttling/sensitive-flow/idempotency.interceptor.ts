/** Gives the answer of the first time again, or keeps the one that leaves now. */

import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { defer, lastValueFrom, type Observable } from 'rxjs';
import { callOf, type Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { OUTERMOST_INTERCEPTOR } from '../../core/enhancers.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import type { HttpRequest } from '../../core/transport.js';
import { FLOWS, type FlowsSettings } from './flows.options.js';
import { IdempotentCalls, type Attempt } from './idempotent-calls.js';
import { answerOf, refusalOf, replay } from './stored-answer.js';

/** Stands outside of the response filter, so that what it keeps is what was allowed to leave. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly [OUTERMOST_INTERCEPTOR] = true;
  constructor(
    @Inject(IdempotentCalls) private readonly calls: IdempotentCalls,
    @Inject(FLOWS) private readonly settings: FlowsSettings,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const call = callOf(context.switchToHttp().getRequest<HttpRequest>());
    const attempt = call && this.calls.of(call);
    if (attempt === undefined) return next.handle();
    return defer(() =>
      attempt.answer === undefined ? this.#first(call!, attempt, next) : this.#again(call!, attempt),
    );
  }

  /** To the end, whatever becomes of the client: half an order is worse than an answer that nobody reads. */
  async #first(call: Call, attempt: Attempt, next: CallHandler): Promise<unknown> {
    // The client went away before its turn came, and the key is free again: somebody else may hold it by now.
    if (attempt.state !== 'waiting') throw new SecurityError('idempotency_running', { reason: 'claim_given_up' });
    attempt.state = 'running';
    const { maxAnswerBytes } = this.settings.idempotency;
    let value: unknown;
    try {
      value = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      const refusal = refusalOf(error, call.request, maxAnswerBytes);
      await (refusal === undefined ? this.calls.abandon(attempt) : this.calls.finish(attempt, refusal));
      throw error;
    }
    await this.calls.finish(attempt, answerOf(value, call.response, maxAnswerBytes));
    return value;
  }

  async #again(call: Call, { flow, answer }: Attempt): Promise<unknown> {
    const about = { timeMs: this.clock.now(), subject: call.subject(), flow };
    this.events.emit({ kind: 'answer_replayed', level: 'info', ...about });
    call.setHeader('Idempotency-Replayed', 'true');
    return replay(answer!, call.response);
  }
}
