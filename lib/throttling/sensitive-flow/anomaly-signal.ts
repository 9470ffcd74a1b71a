/** Does something look wrong about this call? What the app itself knows of its abuse, asked before the handler runs. */

import { Logger, type Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { Call } from '../../core/call.js';
import type { Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import type { SecurityEventLevel, SecurityEvents } from '../../core/events.js';
import { providerOf } from '../../core/provider-lookup.js';
import type { Flow } from './flow-book.js';

/** `allow`: nothing to see. `challenge`: only with a captcha. `refuse`: not at all. */
export interface SignalVerdict {
  readonly verdict: 'allow' | 'challenge' | 'refuse';
  /** For the log only: `new_device`, `disposable_email`. Never a secret. */
  readonly reason: string;
}

/** What a signal may know of the flow. */
export type FlowView = Pick<Flow, 'name' | 'captcha'>;

/** A signal as a function. */
export type AnomalySignalFunction = (call: Call, flow: FlowView) => SignalVerdict | Promise<SignalVerdict>;

/** A signal as a provider, for those that need others: a reputation service, a repository. */
export interface AnomalySignal {
  judge: AnomalySignalFunction;
}

export type SignalTarget = AnomalySignalFunction | Type<AnomalySignal>;

interface NamedSignal {
  readonly name: string;
  readonly judge: AnomalySignalFunction;
}

const LEVELS = { allow: 'debug', challenge: 'info', refuse: 'warning' } as const satisfies Record<
  SignalVerdict['verdict'],
  SecurityEventLevel
>;

/** The signals of one flow, in their order. */
export class FlowSignals {
  readonly #logger = new Logger('Bulwark');

  constructor(
    private readonly signals: readonly NamedSignal[],
    private readonly events: SecurityEvents,
    private readonly clock: Clock,
  ) {}

  /** @returns whether one of them asks for a captcha. @throws SecurityError when one of them refuses, or crashes. */
  async challenged(call: Call, flow: Flow): Promise<boolean> {
    let challenged = false;
    for (const signal of this.signals) {
      const { verdict } = await this.#ask(signal, call, flow);
      if (verdict === 'refuse') throw new SecurityError('forbidden', { reason: `signal_refused: ${signal.name}` });
      challenged ||= verdict === 'challenge';
    }
    return challenged;
  }

  async #ask(signal: NamedSignal, call: Call, flow: Flow): Promise<SignalVerdict> {
    try {
      const given: unknown = await signal.judge(call, flow);
      const sound = isVerdict(given) ? given : ({ verdict: 'refuse', reason: 'no_verdict' } as const);
      this.#tell(signal, call, flow, sound, LEVELS[sound.verdict]);
      return sound;
    } catch (error) {
      // A signal that crashed has not said yes.
      this.#logger.error(`Signal ${signal.name} failed`, error instanceof Error ? error.stack : String(error));
      const failed = { verdict: 'refuse', reason: 'signal_failed' } as const;
      this.#tell(signal, call, flow, failed, 'alert');
      return failed;
    }
  }

  #tell({ name }: NamedSignal, call: Call, flow: Flow, verdict: SignalVerdict, level: SecurityEventLevel): void {
    if (!this.events.wants(level)) return;
    const about = { timeMs: this.clock.now(), level, subject: call.subject(), flow: flow.name, signal: name };
    this.events.emit({ kind: 'flow_judged', ...about, verdict: verdict.verdict, reason: verdict.reason });
  }
}

/** @throws TypeError when a class is no provider of the app. */
export function resolveSignal(target: SignalTarget, modules: ModuleRef, where: string): NamedSignal {
  const name = target.name || '(anonymous)';
  if (!isSignalClass(target)) return { name, judge: target };
  const provider = providerOf(modules, target, `${where}: signal`);
  return { name, judge: (call, flow) => provider.judge(call, flow) };
}

function isSignalClass(target: SignalTarget): target is Type<AnomalySignal> {
  return typeof (target.prototype as Partial<AnomalySignal> | undefined)?.judge === 'function';
}

function isVerdict(value: unknown): value is SignalVerdict {
  const { verdict, reason } = (value ?? {}) as Partial<SignalVerdict>;
  return typeof verdict === 'string' && Object.hasOwn(LEVELS, verdict) && typeof reason === 'string';
}
