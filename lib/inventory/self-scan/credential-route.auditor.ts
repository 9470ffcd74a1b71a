/** Where can credentials be guessed as fast as anything else may be called? */

import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../../core/finding.js';
import { SLOWS_GUESSING } from '../../core/guessing.js';
import { PipelinePlans } from '../../core/pipeline-plans.js';
import type { Route } from '../../core/route.js';
import { markOf, reachedBy } from './injection-graph.js';

/** The last word of the path, or one before a parameter. */
const CREDENTIALS =
  /\/(?:log-?in|sign-?in|sign-?up|register|registration|token|authenticate|otp|mfa|2fa|totp|verify|verification|(?:forgot|reset|change|recover)(?:-?(?:password|account|pin))?|password(?:\/\w+)?|recovery|magic-?link|pin)(?:\/:\w+)?$/i;

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** What the two stages that limit say of a route. */
interface LimitFacts {
  readonly own?: readonly unknown[];
  readonly limit?: unknown;
}

@Injectable()
export class CredentialRouteAuditor implements Auditor {
  constructor(
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  *findings({ routes }: AuditScope): Iterable<Finding> {
    for (const route of routes) {
      if (!route.isPublic || !takesCredentials(route)) continue;
      if (this.#hasOwnLimit(route) || this.#slowsGuessing(route)) continue;
      yield {
        id: 'config/unlimited-credentials',
        severity: 'warning',
        where: placeOf(route),
        why: 'By its name it takes credentials, and they can be tried as fast as anybody may call anything.',
        fix: 'Put LoginDefence.attempt() around the check, or @RateLimit({ limit: 5, per: "minute", by: "address" }) on the handler.',
        references: ['API2:2023', 'API4:2023', 'API6:2023', 'ASVS-6.3.1'],
      };
    }
  }

  /** `@RateLimit()`, or the limit of a sensitive flow. */
  #hasOwnLimit(route: Route): boolean {
    return this.plans.stages.some((stage) => {
      if (stage.name !== 'throttling' && stage.name !== 'sensitive-flow') return false;
      const { own = [], limit } = (stage.describe(route)?.facts ?? {}) as LimitFacts;
      return own.length > 0 || limit !== undefined;
    });
  }

  /** Does its controller, or whatever it asks, reach a service that counts failed tries? */
  #slowsGuessing({ class: type }: Route): boolean {
    const roots = this.discovery.getControllers().filter(({ metatype }) => metatype === type);
    return [...reachedBy(roots)].some((each) => markOf(each, SLOWS_GUESSING) === true);
  }
}

function takesCredentials({ paths }: Route): boolean {
  return paths.some(({ method, path }) => !READS.has(method) && CREDENTIALS.test(path));
}
