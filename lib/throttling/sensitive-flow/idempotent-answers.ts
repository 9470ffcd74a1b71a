/** Gives the answer of the first time again, or keeps the one that leaves now. */

import { Inject, Injectable } from '@nestjs/common';
import { defer, lastValueFrom } from 'rxjs';
import type { Answering, Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { FLOWS, type FlowsSettings } from './flows.options.js';
import { IdempotentCalls, type Attempt } from './idempotent-calls.js';
import { answerOf, refusalOf, replay } from './stored-answer.js';

/** Stands outside of the response filter, so that what it keeps is what was allowed to leave. */
@Injectable()
export class IdempotentAnswers {
  constructor(
    @Inject(IdempotentCalls) private readonly calls: IdempotentCalls,
    @Inject(FLOWS) private readonly settings: FlowsSettings,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Puts an attempt around what would be answered. */
  surround(call: Call, attempt: Attempt): void {
    call.around = (next) =>
      defer(() => (attempt.answer === undefined ? this.#first(call, attempt, next) : this.#again(call, attempt)));
  }

  /** To the end, whatever becomes of the client: half an order is worse than an answer that nobody reads. */
  async #first(call: Call, attempt: Attempt, next: Answering): Promise<unknown> {
    // The client went away before its turn came, and the key is free again: somebody else may hold it by now.
    if (attempt.state !== 'waiting') throw new SecurityError('idempotency_running', { reason: 'claim_given_up' });
    attempt.state = 'running';
    const { maxAnswerBytes } = this.settings.idempotency;
    let value: unknown;
    try {
      value = await lastValueFrom(next(), { defaultValue: undefined });
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
