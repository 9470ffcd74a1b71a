/** Which routes can never be reached, because an earlier one takes their requests, with its own rules? */

import { Inject, Injectable } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../core/finding.js';
import type { Route, RoutePath } from '../core/route.js';

@Injectable()
export class ShadowAuditor implements Auditor {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  *findings({ routes }: AuditScope): Iterable<Finding> {
    // Fastify's router prefers static segments whatever the order, and refuses true duplicates itself.
    if (this.host.httpAdapter?.getType() !== 'express') return;
    const takes = this.config.getRouteResolutionStrategy() === 'specificity' ? isSame : isParameter;
    const earlier: (Candidate & { readonly route: Route })[] = [];
    for (const route of routes) {
      for (const path of route.paths) {
        const segments = path.path.split('/');
        const shadow = earlier.find((other) => other.route !== route && shadows(other, { path, segments }, takes));
        if (shadow !== undefined) yield finding(route, path, shadow.route, shadow.path);
        earlier.push({ route, path, segments });
      }
    }
  }
}

interface Candidate {
  readonly path: RoutePath;
  readonly segments: readonly string[];
}

type Takes = (segment: string, later: string) => boolean;

function shadows(first: Candidate, later: Candidate, takes: Takes): boolean {
  if (first.path.method !== later.path.method && first.path.method !== 'ALL') return false;
  if (first.path.version !== later.path.version || first.path.host !== later.path.host) return false;
  if (first.segments.length !== later.segments.length) return false;
  return first.segments.every((segment, index) => {
    const other = later.segments[index]!;
    return segment === other || takes(segment, other);
  });
}

/** In order of declaration a plain `:name` takes every value. Patterns and wildcards are left to the reader. */
const isParameter: Takes = (segment) => PARAMETER.test(segment);

/** In order of specificity only another parameter in the same place competes with it. */
const isSame: Takes = (segment, later) => PARAMETER.test(segment) && PARAMETER.test(later);

const PARAMETER = /^:[A-Za-z0-9_]+$/;

function finding(route: Route, path: RoutePath, first: Route, firstPath: RoutePath): Finding {
  return {
    id: 'inventory/shadowed-route',
    severity: 'error',
    where: placeOf(route),
    why: `${path.method} ${path.path} is answered by ${first.id} (${firstPath.path}), under the rules of that handler.`,
    fix: 'Declare the more specific route first, or create the app with { routeResolutionStrategy: "specificity" }.',
    references: ['API5:2023', 'API9:2023'],
  };
}
