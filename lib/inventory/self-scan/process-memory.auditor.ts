/** What do several processes of this app not know of each other? */

import cluster from 'node:cluster';
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { ENVIRONMENT, type Environment } from '../../core/environment.js';
import type { Auditor, Finding } from '../../core/finding.js';
import { PipelinePlans } from '../../core/pipeline-plans.js';
import { KEPT_IN_PROCESS } from '../../core/process-memory.js';
import { markOf, reachedBy, type Wrapper } from './injection-graph.js';

/** How many processes there are, as the app or its platform says. */
const COUNTS = ['INSTANCES', 'WEB_CONCURRENCY'];

@Injectable()
export class ProcessMemoryAuditor implements Auditor {
  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  *findings(): Iterable<Finding> {
    const several = severalProcesses(this.environment);
    if (several === undefined) return;
    const kept = [...reachedBy(this.#roots())]
      .map((each) => markOf(each, KEPT_IN_PROCESS))
      .filter((what) => typeof what === 'string');
    if (kept.length === 0) return;
    yield {
      id: 'config/kept-in-process',
      severity: 'warning',
      where: several,
      why: `Each process keeps for itself: ${[...new Set(kept)].sort().join(', ')}. Limits count several times over, and what one process forbids another lets pass.`,
      fix: 'Give those options a store that all processes share.',
      references: ['API2:2023', 'API4:2023', 'ASVS-2.4.1', 'ASVS-7.4.1'],
    };
  }

  /** What the app itself was given, the stages that a route is planned with, and the schemes that a route takes. */
  *#roots(): Iterable<Wrapper> {
    const { stages, routes } = this.plans;
    const checks = routes.flatMap((route) => this.plans.planFor(route.class, route.handler).checks);
    const planned = new Set<unknown>(
      checks.map(({ stage }) => stage).filter(({ name }) => !ASK_EVERY_SCHEME.has(name)),
    );
    const authentication = stages.find(({ name }) => name === AUTHENTICATION);
    const schemes = new Set(
      routes.flatMap((route) => (authentication?.describe(route)?.facts['schemes'] ?? []) as string[]),
    );
    yield* this.discovery.getControllers();
    for (const wrapper of this.discovery.getProviders()) {
      const instance = wrapper.instance as
        { readonly name?: unknown; readonly authenticate?: unknown } | undefined | null;
      const isScheme = typeof instance?.authenticate === 'function' && schemes.has(String(instance.name));
      if (isScheme || planned.has(instance) || wrapper.host?.metatype?.name !== OURS) yield wrapper;
    }
  }
}

const AUTHENTICATION = 'authentication';

/** These are given every scheme there is, whichever of them the routes take. */
const ASK_EVERY_SCHEME: ReadonlySet<string> = new Set([AUTHENTICATION, 'address-gate']);

/** What this module provides is looked at only where something asks for it. */
const OURS = 'SecurityModule';

/** `INSTANCES=3`, or undefined for one process. */
function severalProcesses({ variables }: Environment): string | undefined {
  const name = COUNTS.find((each) => Number(variables[each]) > 1);
  if (name !== undefined) return `${name}=${variables[name]}`;
  return cluster.isWorker ? 'node:cluster' : undefined;
}
