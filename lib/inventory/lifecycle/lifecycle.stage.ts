/** Is this route still served? Tells callers of its end, counts them, and ends it. */

import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { Gatekeeper, StageGuard } from '../../core/gatekeeper.js';
import { Measurements } from '../../core/measurements.js';
import type { Route } from '../../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../../core/stage.js';
import { DEPRECATED } from './deprecated.decorator.js';
import { datesOf, Deprecations } from './deprecations.js';
import { isGone, isoOf, type Lifecycle } from './lifecycle.js';
import { filledIn, lifecycleHeaders, parametersOf } from './lifecycle.headers.js';

/**
 * Stands behind the rules about callers and before those about objects. Who may not call learns nothing of what was there,
 * the answer is their 401 or 403 as ever; and who may gets one 410 for every object, so that it tells nothing about any.
 */
@Injectable()
export class LifecycleStage implements SecurityStage {
  readonly name = 'lifecycle';

  constructor(
    @Inject(Deprecations) private readonly deprecations: Deprecations,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Measurements) private readonly measurements: Measurements,
  ) {}

  /** @throws TypeError when the successor names a parameter that the route does not have. */
  plan(route: Route): RouteCheck | undefined {
    const lifecycle = route.get(DEPRECATED);
    if (lifecycle === undefined) return undefined;
    checkSuccessor(route, lifecycle);
    const { clock, measurements } = this;
    const write = lifecycleHeaders(lifecycle);
    const book = this.deprecations.open(route, lifecycle);

    return (call: Call): void => {
      const nowMs = clock.now();
      const gone = isGone(lifecycle, nowMs);
      write(call);
      measurements.meter?.deprecated(route.id, gone);
      const isNews = book.note(call, nowMs);
      if (gone && !lifecycle.grace) throw goneFor(call, lifecycle);
      if (isNews) this.#tell(call, gone, nowMs);
    };
  }

  describe(route: Route): StageReport | undefined {
    const lifecycle = route.get(DEPRECATED);
    if (lifecycle === undefined) return undefined;
    const { sunset, since, successor, link } = datesOf(lifecycle);
    const words = [
      `Deprecated since ${since}`,
      ...(sunset === undefined ? [] : [lifecycle.grace ? `still answered after ${sunset}` : `410 from ${sunset}`]),
      ...(successor === undefined ? [] : [`then ${successor}`]),
    ];
    return {
      summary: words.join(', '),
      facts: {
        since,
        ...(sunset && { sunset }),
        ...(successor && { successor }),
        ...(link && { link }),
        ...(lifecycle.grace && { grace: true }),
      },
      answers: ['API9:2023'],
    };
  }

  /** What this stage would say now, without counting anybody. */
  outcomeOf(route: Route): 'served' | 'gone' {
    const lifecycle = route.get(DEPRECATED);
    return lifecycle !== undefined && isGone(lifecycle, this.clock.now()) && !lifecycle.grace ? 'gone' : 'served';
  }

  #tell(call: Call, isPastSunset: boolean, timeMs: number): void {
    const level = isPastSunset ? 'warning' : 'info';
    if (!this.events.wants(level)) return;
    const subject = call.subject();
    this.events.emit({ kind: 'deprecated_called', timeMs, level, subject, isGone: isPastSunset });
  }
}

/** For single routes, where the app does without the global guard. */
@Injectable()
export class LifecycleGuard extends StageGuard {
  static readonly stage = 'lifecycle';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(LifecycleStage) stage: LifecycleStage) {
    super(gatekeeper, stage);
  }
}

function goneFor(call: Call, { sunsetMs, successor }: Lifecycle): SecurityError {
  const target = successor === undefined ? undefined : filledIn(successor, call);
  const sunset = isoOf(sunsetMs!);
  return new SecurityError('gone', {
    reason: `sunset_passed: ${sunset}`,
    extensions: { sunset, ...(target !== undefined && { successor: target }) },
  });
}

/** A lazily loaded route has no path to look at: what its successor names and it has not is left out of the answer. */
function checkSuccessor(route: Route, { successor = '' }: Lifecycle): void {
  for (const name of parametersOf(successor)) {
    const without = route.paths.find(({ path }) => !path.split('/').some((segment) => segment === `:${name}`));
    if (without === undefined) continue;
    throw new TypeError(
      `@Deprecated().successor on ${route.id}: "${successor}" names :${name}, which ${without.path} does not have. ` +
        'Name the parameters as this route does.',
    );
  }
}
