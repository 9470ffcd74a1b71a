/** Watches for callers who are refused one object after the other, and tells: whether or not anybody is sent alerts. */

import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { checkOneOf } from '../../core/checks.js';
import { SecurityEvents } from '../../core/events.js';
import { PipelinePlans } from '../../core/pipeline-plans.js';
import { OUTBOUND, type OutboundSettings } from '../outbound.options.js';
import { AlertRepeats } from './alert-repeats.js';

/** Where a refusal is said to come from that a handler itself throws. */
const HANDLER = 'handler';

@Injectable()
export class RefusalWatch implements OnApplicationBootstrap {
  constructor(
    @Inject(OUTBOUND) private readonly settings: OutboundSettings,
    @Inject(SecurityEvents) events: SecurityEvents,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
  ) {
    const { repeated } = settings;
    if (repeated === undefined) return;
    const repeats = new AlertRepeats(repeated);
    events.subscribe('warning', (event) => {
      const raised = repeats.see(event);
      if (raised !== undefined) events.emit(raised);
    });
  }

  /** @throws TypeError for a stage that there is not: nothing would ever be told of it. */
  onApplicationBootstrap(): void {
    const names = [...this.plans.stages.map(({ name }) => name), HANDLER];
    for (const stage of this.settings.repeated?.stages ?? []) {
      checkOneOf('security.outbound.alerts.repeated.stages', stage, names);
    }
  }
}
