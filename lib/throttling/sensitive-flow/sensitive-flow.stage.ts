/** May this flow be run once more, and is it a person who runs it? Asked last, so that a refused call costs no try. */

import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents } from '../../core/events.js';
import { Gatekeeper, StageGuard } from '../../core/gatekeeper.js';
import type { Route } from '../../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../../core/stage.js';
import { BUCKET_STORE, type BucketStore } from '../bucket.store.js';
import { RouteKeys } from '../route-keys.js';
import { THROTTLING, type ThrottlingSettings } from '../throttling.options.js';
import { FlowSignals, resolveSignal } from './anomaly-signal.js';
import { FlowBook, type Flow } from './flow-book.js';
import { FlowLimit } from './flow-limit.js';
import { HumanCheck } from './human-check.js';
import { IdempotentAnswers } from './idempotent-answers.js';
import { IdempotentCalls } from './idempotent-calls.js';

/** What is asked of one route's calls, in this order. Absent: not asked. */
interface FlowChecks {
  readonly flow: Flow;
  readonly asksForProof: boolean;
  readonly limit: FlowLimit | undefined;
  readonly signals: FlowSignals | undefined;
}

@Injectable()
export class SensitiveFlowStage implements SecurityStage {
  readonly name = 'sensitive-flow';
  readonly #routeKeys = new RouteKeys();

  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(FlowBook) private readonly book: FlowBook,
    @Inject(HumanCheck) private readonly humans: HumanCheck,
    @Inject(IdempotentCalls) private readonly repeats: IdempotentCalls,
    @Inject(IdempotentAnswers) private readonly answers: IdempotentAnswers,
    @Inject(THROTTLING) private readonly throttling: ThrottlingSettings,
    @Inject(BUCKET_STORE) private readonly buckets: BucketStore,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws TypeError for a flow that could never pass, protects nothing, or names what the app does not have. */
  plan(route: Route): RouteCheck | undefined {
    const flow = this.book.flowOf(route);
    if (flow === undefined) return undefined;
    this.book.add(flow, route);
    const checks = this.#checksOf(flow, route);
    if (!flow.idempotencyKey) return (call) => this.#run(call, checks);
    const routeKey = this.#routeKeys.of(route);
    return (call) => this.#runOnce(call, checks, routeKey);
  }

  describe(route: Route): StageReport | undefined {
    const flow = this.book.flowOf(route);
    if (flow === undefined) return undefined;
    const { name, limit, by, captcha, minHumanMs, idempotencyKey } = flow;
    const signals = flow.signals.map((signal) => signal.name || '(anonymous)');
    const asks = [
      ...(limit ? [`${limit.refillTokens} per ${limit.refillPeriodMs / 1000} s by ${by.join(' and ')}`] : []),
      ...(captcha ? ['a captcha'] : []),
      ...(minHumanMs === undefined ? [] : [`at least ${minHumanMs} ms at the form`]),
      ...(signals.length === 0 ? [] : [`the say of ${signals.join(', ')}`]),
      ...(idempotencyKey ? [`repeats answered once${idempotencyKey === 'required' ? ', key required' : ''}`] : []),
    ];
    return {
      summary: `Sensitive flow ${name}: ${asks.join(', ')}`,
      facts: { flow: name, limit, by, captcha, minHumanMs, idempotencyKey, signals },
      answers: ['API6:2023', 'ASVS-2.4.1', ...(minHumanMs === undefined ? [] : ['ASVS-2.4.2'])],
    };
  }

  #checksOf(flow: Flow, route: Route): FlowChecks {
    const { limit } = flow;
    const where = `@SensitiveFlow("${flow.name}") on ${route.id}`;
    const signals = flow.signals.map((signal) => resolveSignal(signal, this.modules, where));
    return Object.freeze({
      flow,
      asksForProof: flow.captcha || flow.minHumanMs !== undefined,
      limit: limit && new FlowLimit({ ...flow, limit }, this.throttling, this.buckets, this.clock),
      signals: signals.length === 0 ? undefined : new FlowSignals(signals, this.events, this.clock),
    });
  }

  /** A repeat costs no try and needs no captcha: it was paid for the first time, and its token is used up. */
  async #runOnce(call: Call, checks: FlowChecks, routeKey: string): Promise<void> {
    const attempt = await this.repeats.begin(call, checks.flow, routeKey);
    if (attempt !== undefined) this.answers.surround(call, attempt);
    if (attempt?.answer !== undefined) return;
    try {
      await this.#run(call, checks);
    } catch (error) {
      if (attempt !== undefined) await this.repeats.abandon(attempt);
      throw error;
    }
  }

  /** Without a promise where there is but a bucket in memory to ask. */
  #run(call: Call, checks: FlowChecks): void | Promise<void> {
    const { flow, limit, signals, asksForProof } = checks;
    if (asksForProof) this.humans.demand(call, flow);
    const waiting = limit?.charge(call);
    if (!asksForProof && signals === undefined) return waiting;
    return this.#judge(call, checks, waiting);
  }

  async #judge(call: Call, { flow, signals }: FlowChecks, charged: void | Promise<void>): Promise<void> {
    await charged;
    const challenged = await signals?.challenged(call, flow);
    await this.humans.prove(call, flow, flow.captcha || challenged === true);
  }
}

/** For single routes, where the app does without the global guard. */
@Injectable()
export class SensitiveFlowGuard extends StageGuard {
  static readonly stage = 'sensitive-flow';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(SensitiveFlowStage) stage: SensitiveFlowStage) {
    super(gatekeeper, stage);
  }
}
