/** What in the way routes end would surprise their owner? */

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../../core/finding.js';
import type { Route } from '../../core/route.js';
import { nameless } from '../nameless.js';
import { DEPRECATED } from './deprecated.decorator.js';
import { isGone, isoOf } from './lifecycle.js';

@Injectable()
export class LifecycleAuditor implements Auditor {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  *findings({ routes }: AuditScope): Iterable<Finding> {
    const known = new Set(routes.flatMap(({ paths }) => paths.map(({ path }) => nameless(path))));
    for (const route of routes) {
      const lifecycle = route.get(DEPRECATED);
      if (lifecycle === undefined) continue;
      if (isGone(lifecycle, this.clock.now())) yield pastSunset(route, lifecycle.grace, isoOf(lifecycle.sunsetMs!));
      const path = lifecycle.successor?.split(/[?#]/, 1)[0];
      if (path?.startsWith('/') && !known.has(nameless(path))) yield unknownSuccessor(route, lifecycle.successor!);
    }
  }
}

function pastSunset(route: Route, grace: boolean, sunset: string): Finding {
  return {
    id: 'lifecycle/past-sunset',
    severity: 'warning',
    where: placeOf(route),
    why: grace
      ? `Its end was announced for ${sunset}, and it is still answered: old code that nobody looks after any more.`
      : `It ended on ${sunset} and answers 410 only: what is left of it is code that nobody looks after any more.`,
    fix: 'Delete the handler once Deprecations.routes() names nobody who calls it.',
    references: ['API9:2023', 'RFC 8594'],
  };
}

function unknownSuccessor(route: Route, successor: string): Finding {
  return {
    id: 'lifecycle/unknown-successor',
    severity: 'warning',
    where: placeOf(route),
    why: `It sends its callers to ${successor}, and no route answers there.`,
    fix: 'Write the path as it is on the wire, with prefix and version: successor: "/api/v2/users".',
    references: ['API9:2023', 'RFC 8288'],
  };
}
