/** Asks an upstream until there is an answer, or no point in asking: tries, waits, and tells what went wrong. */

import type { Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import type { SecurityEvents } from '../../core/events.js';
import type { Passage } from './circuit-breaker.js';
import type { GatewayCode } from '../outbound-failure.js';
import type { Pacing } from '../pacing.js';
import { parseRetryAfter, retryAfterSeconds } from '../retry-after.js';
import { mayBeRepeated, nextDelayMs } from './upstream-retry.js';
import { askOnce, type UpstreamFailure, type UpstreamOutcome, type UpstreamQuestion } from './upstream-try.js';
import type { Upstream } from './upstream.js';

/** What holds for one call, besides the question itself. */
export interface CallTerms {
  readonly idempotencyKey?: string | undefined;
  /** The caller's own. */
  readonly signal?: AbortSignal | undefined;
}

/** What a client of ours is told to wait at most, in milliseconds, whatever the upstream says. */
const MAX_TOLD_MS = 60_000;

const OUT_OF_TIME: UpstreamFailure = Object.freeze({
  kind: 'failure',
  code: 'gateway_timeout',
  reason: 'timeout',
  health: 'unwell',
  isPassing: false,
});

export class UpstreamCaller {
  constructor(
    private readonly pacing: Pacing,
    private readonly events: SecurityEvents,
    private readonly clock: Clock,
  ) {}

  /** @throws SecurityError `bad_gateway` or `gateway_timeout`; what the caller's signal was aborted with. */
  async ask(
    upstream: Upstream,
    question: UpstreamQuestion,
    terms: CallTerms,
  ): Promise<Exclude<UpstreamOutcome, UpstreamFailure>> {
    for (let attempt = 1; ; attempt++) {
      const passage = this.#pass(upstream, attempt - 1);
      const outcome = await askAndCount(upstream, question, passage, terms.signal);
      if (outcome.kind !== 'failure') return outcome;
      if (!(await this.#mayRepeat(upstream, question, outcome, attempt, terms))) {
        const { code, reason, retryAfter } = outcome;
        const waitMs = longer(parseRetryAfter(retryAfter, this.clock.now()), upstream.breaker?.waitMs);
        throw this.#report(upstream, code, reason, attempt, waitMs);
      }
    }
  }

  #pass(upstream: Upstream, attempts: number): Passage | undefined {
    const { breaker } = upstream;
    if (breaker === undefined) return undefined;
    const passage = breaker.pass();
    if (passage !== undefined) return passage;
    throw this.#report(upstream, 'bad_gateway', 'breaker_open', attempts, breaker.waitMs);
  }

  /** Waits, where another try is worth it. */
  async #mayRepeat(
    { settings, breaker }: Upstream,
    { method, signal }: UpstreamQuestion,
    { isPassing, status, retryAfter }: UpstreamFailure,
    attempt: number,
    { idempotencyKey, signal: callerSignal }: CallTerms,
  ): Promise<boolean> {
    if (!isPassing || !mayBeRepeated(method, idempotencyKey) || signal.aborted) return false;
    // This failure was the last one that the breaker stood: it is the cause to tell.
    if (breaker !== undefined && breaker.waitMs > 0) return false;
    const failed = { attempt, ...(status !== undefined && { status }), retryAfter };
    const delayMs = nextDelayMs(failed, settings.retries, this.clock.now(), this.pacing.random());
    if (delayMs === undefined) return false;
    try {
      await this.pacing.wait(delayMs, signal);
      return true;
    } catch (error) {
      // The time of the call is up: then the failure that there was is the failure that it is.
      callerSignal?.throwIfAborted();
      if (signal.aborted) return false;
      throw error;
    }
  }

  #report(
    { settings: { name }, breaker }: Upstream,
    code: GatewayCode,
    reason: string,
    attempts: number,
    waitMs: number | undefined,
  ): SecurityError {
    this.events.emit({
      kind: 'upstream_failed',
      timeMs: this.clock.now(),
      // Nobody was asked: whoever wants to know heard of the failures that opened the breaker, and callers may be many.
      level: attempts === 0 ? 'debug' : 'warning',
      subject: {},
      upstream: name,
      code,
      reason,
      attempts,
      ...(breaker && { breaker: breaker.state }),
    });
    return new SecurityError(code, {
      reason: `upstream ${name}: ${reason}`,
      recorded: true,
      ...(waitMs !== undefined && { headers: { 'Retry-After': retryAfterSeconds(Math.min(waitMs, MAX_TOLD_MS)) } }),
    });
  }
}

/** Undefined and 0: nobody has to wait. */
function longer(wishedMs: number | undefined, breakerMs = 0): number | undefined {
  return breakerMs > 0 ? Math.max(wishedMs ?? 0, breakerMs) : wishedMs;
}

/** One try, and what it says of the upstream's health. */
async function askAndCount(
  upstream: Upstream,
  question: UpstreamQuestion,
  passage: Passage | undefined,
  callerSignal: AbortSignal | undefined,
): Promise<UpstreamOutcome> {
  let outcome: UpstreamOutcome;
  try {
    outcome = await askOnce(upstream, question);
  } catch (error) {
    if (callerSignal?.aborted === true || !question.signal.aborted) {
      passage?.abandoned();
      throw error;
    }
    outcome = OUT_OF_TIME;
  }
  const health = outcome.kind === 'failure' ? outcome.health : 'well';
  if (health === 'well') passage?.succeeded();
  else if (health === 'unwell') passage?.failed();
  else passage?.abandoned();
  return outcome;
}
