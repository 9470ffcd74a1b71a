/** Asks for a stronger login where only the handler knows that one is due: a payment over some amount. */

import { Inject, Injectable } from '@nestjs/common';
import { Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents } from '../../core/events.js';
import type { Principal } from '../../core/principal.js';
import { callerOf } from '../caller.js';
import { insufficientLogin, missingStrength, stepUpRule, type StepUpOptions } from './step-up.rule.js';

@Injectable()
export class StepUpService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
  ) {}

  /**
   * Refuses as `@StepUp()` does, unless the login is recent and strong enough. In a handler the caller will do; in a
   * policy give the call, so that the refusal is recorded once.
   *
   * @throws SecurityError `insufficient_user_authentication`, with the challenge of RFC 9470.
   * @throws TypeError when nothing is asked for, or an option makes no sense.
   *
   * @example
   * if (input.total > 500) this.stepUp.require(caller, { maxAge: 300, amr: ['otp'] });
   */
  require(who: Principal | Call, options: StepUpOptions): void {
    const call = who instanceof Call ? who : undefined;
    const principal = who instanceof Call ? callerOf(who) : who;
    const rule = stepUpRule('StepUpService.require', options);
    const missing = missingStrength(principal, rule, this.clock.now());
    if (missing === undefined) return;
    const refusal = insufficientLogin(rule, missing);
    // Where the call is still among the stages, the gatekeeper records what they refuse.
    if (call === undefined || call.passed) {
      const subject = call?.subject() ?? { principal: { id: principal.id, scheme: principal.scheme } };
      const { code, reason } = refusal;
      const timeMs = this.clock.now();
      this.events.emit({ kind: 'access_refused', timeMs, level: 'warning', subject, stage: 'step-up', code, reason });
    }
    throw refusal;
  }
}
