/** What happened since the app started? Watched only where somebody can look at it. */

import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityEvents } from '../../core/events.js';
import { Measurements } from '../../core/measurements.js';
import { Deprecations } from '../lifecycle/deprecations.js';
import { SHOWN_CALLERS } from './deprecated-section.js';
import { LimitUse } from './limit-use.js';
import type { LiveView } from './posture-report.js';
import { RecentRefusals } from './recent-refusals.js';

@Injectable()
export class PostureWatch implements OnApplicationShutdown {
  readonly #refusals = new RecentRefusals();
  #watching: { readonly use: LimitUse; readonly sinceMs: number; readonly stop: () => void } | undefined;

  constructor(
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(Measurements) private readonly measurements: Measurements,
    @Inject(Deprecations) private readonly deprecations: Deprecations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Called by the page's controller when the app is up, so after whoever measures for OpenTelemetry. */
  start(): void {
    if (this.#watching !== undefined) return;
    const use = new LimitUse(this.clock, this.measurements.meter);
    this.measurements.meter = use;
    // From `warning` on, where refusals are: no event is made for the page alone.
    const stop = this.events.subscribe('warning', (event) => this.#refusals.note(event));
    this.#watching = { use, stop, sinceMs: this.clock.now() };
  }

  onApplicationShutdown(): void {
    if (this.#watching === undefined) return;
    this.#watching.stop();
    this.#watching = undefined;
    this.measurements.meter = undefined;
  }

  /** Undefined where nobody watches: an app that was booted to be looked at, and has answered nobody. */
  view(): LiveView | undefined {
    if (this.#watching === undefined) return undefined;
    const { use, sinceMs } = this.#watching;
    return Object.freeze({
      sinceMs,
      use: use.use(),
      refusals: this.#refusals.last(),
      refusedByStage: this.#refusals.byStage(),
      limited: this.#refusals.limited(),
      deprecated: this.deprecations.routes(SHOWN_CALLERS),
    });
  }
}
