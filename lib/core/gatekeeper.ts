/** Runs checks over a call and records what came of it: deciding is the stages' part, refusing and recording is here. */

import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Call } from './call.js';
import { CLOCK, type Clock } from './clock.js';
import { SecurityError } from './errors.js';
import { SecurityEvents } from './events.js';
import { Measurements } from './measurements.js';
import { MessageHandlers } from './message-handlers.js';
import { PipelinePlans, type PlannedCheck } from './pipeline-plans.js';
import { RefusalTally } from './refusal-tally.js';
import type { SecurityStage } from './stage.js';

@Injectable()
export class Gatekeeper {
  readonly #messages = new MessageHandlers();

  constructor(
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Measurements) private readonly measurements: Measurements,
    @Inject(RefusalTally) private readonly tally: RefusalTally,
  ) {}

  /** Runs the whole pipeline. Answers without a promise when no stage had to wait. */
  passAll(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() === 'rpc' && this.#messages.isOpen(context)) return true;
    const { call, plan } = this.plans.callFor(context);
    if (call.passed) return true;
    const waiting = this.#run(call, plan.checks, 0);
    return waiting === undefined ? this.#allow(call) : waiting.then(() => this.#allow(call));
  }

  /** Runs one stage, for the guards that people put on single routes. */
  passOne(context: ExecutionContext, stage: SecurityStage): boolean | Promise<boolean> {
    const { call, plan } = this.plans.callFor(context);
    const planned = plan.checks.find((candidate) => candidate.stage === stage);
    if (planned === undefined) return true;
    const passed = (): true => {
      call.markPassed(stage);
      return true;
    };
    const waiting = this.#run(call, [planned], 0);
    return waiting === undefined ? passed() : waiting.then(passed);
  }

  #run(call: Call, checks: readonly PlannedCheck[], from: number): Promise<void> | undefined {
    for (let index = from; index < checks.length; index++) {
      const { stage, check } = checks[index]!;
      if (call.hasPassed(stage)) continue;
      let waiting: void | Promise<void>;
      try {
        waiting = check(call);
      } catch (error) {
        throw this.#refusal(call, stage, error);
      }
      if (waiting !== undefined) {
        return waiting.then(
          () => {
            this.measurements.meter?.passed(stage.name);
            return this.#run(call, checks, index + 1);
          },
          (error: unknown) => {
            throw this.#refusal(call, stage, error);
          },
        );
      }
      this.measurements.meter?.passed(stage.name);
    }
    return undefined;
  }

  #allow(call: Call): true {
    call.passed = true;
    this.measurements.meter?.passed(PIPELINE);
    if (this.events.wants('debug')) {
      this.events.emit({ kind: 'access_allowed', timeMs: this.clock.now(), level: 'debug', subject: call.subject() });
    }
    return true;
  }

  /** Records a refusal. Anything that is not a SecurityError is a fault: it refuses too (never open), as a 500. */
  #refusal(call: Call, stage: SecurityStage, error: unknown): unknown {
    if (!(error instanceof SecurityError) || error.recorded) return error;
    error.recorded = true;
    const { code, reason, credentialId } = error;
    const refusal = {
      kind: refusalKindOf(error),
      timeMs: this.clock.now(),
      level: 'warning',
      subject: call.subject(),
      stage: stage.name,
      code,
      reason,
      ...(credentialId !== undefined && { credentialId }),
    } as const;
    if (call.route.isPart) this.tally.add(call, call.route.id, refusal);
    else this.events.emit(refusal);
    return error;
  }
}

/** What measurements call the whole of the stages: a call that passes it reaches its handler. */
const PIPELINE = 'pipeline';

function refusalKindOf({ code, suspect }: SecurityError): 'credential_refused' | 'rate_limited' | 'access_refused' {
  if (suspect) return 'credential_refused';
  return code === 'rate_limited' ? 'rate_limited' : 'access_refused';
}

/** A guard that runs one stage: what `RolesGuard` and its siblings are made of. */
export abstract class StageGuard implements CanActivate {
  protected constructor(
    private readonly gatekeeper: Gatekeeper,
    private readonly stage: SecurityStage,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.gatekeeper.passOne(context, this.stage);
  }
}

/** The guard that runs the whole pipeline extends this, so that the boot audit knows it. */
export abstract class PipelineGuard implements CanActivate {
  protected constructor(private readonly gatekeeper: Gatekeeper) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.gatekeeper.passAll(context);
  }
}

/** Stands in for the global guard where the app does without one. Lets everything pass, and is never counted as a guard. */
export const OPEN_GUARD: CanActivate = Object.freeze({ canActivate: () => true });
