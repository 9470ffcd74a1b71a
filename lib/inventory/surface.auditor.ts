/** What can be reached without passing the pipeline? */

import { Inject, Injectable, RequestMethod } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../core/finding.js';
import { OPEN_GUARD, StageGuard } from '../core/gatekeeper.js';
import type { Route } from '../core/route.js';
import { GLOBAL_GUARDS } from '../core/stage.js';
import { adapterRoutes } from './adapter-routes.js';

const GUARDS = '__guards__';

/** Metadata that Nest's other transports leave on providers or their methods. */
const OTHER_TRANSPORTS = {
  'graphql:resolver_type': 'GraphQL resolver',
  'websockets:is_gateway': 'WebSocket gateway',
} as const;
const MESSAGE_PATTERN = 'microservices:pattern';

@Injectable()
export class SurfaceAuditor implements Auditor {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(GLOBAL_GUARDS) private readonly globalGuards: boolean,
  ) {}

  *findings({ routes }: AuditScope): Iterable<Finding> {
    yield* this.#unguarded(routes);
    yield* this.#rawRoutes(routes);
    yield* this.#requestScopedGuards();
    yield* this.#otherTransports();
  }

  /** With `globalGuards: false` each handler needs a guard of ours of its own. */
  *#unguarded(routes: readonly Route[]): Iterable<Finding> {
    if (this.globalGuards || this.config.getGlobalGuards().some(authenticates)) return;
    for (const route of routes) {
      if (route.isPublic || [route.handler, route.class].some((place) => guardsOn(place).some(authenticates))) continue;
      yield {
        id: 'inventory/unguarded-handler',
        severity: 'error',
        where: placeOf(route),
        why: 'Anybody can call this handler: no guard stands before it.',
        fix: 'Add @UseGuards(SecurityGuard), or remove `globalGuards: false`, or mark it @Public(reason).',
        references: ['API5:2023', 'ASVS-8.3.1'],
      };
    }
  }

  /** Routes put on the adapter itself (Swagger UI, metrics): guards never see them. */
  *#rawRoutes(routes: readonly Route[]): Iterable<Finding> {
    const adapter = this.host.httpAdapter;
    if (!adapter) return;
    const names = new Set(routes.map(({ id }) => id));
    const known = new Set(routes.flatMap(({ paths }) => paths.map(({ method, path }) => `${method} ${path}`)));
    for (const { method, path, handler } of adapterRoutes(adapter)) {
      if ((handler !== undefined && names.has(handler)) || isKnown(known, method, path)) continue;
      yield {
        id: 'inventory/raw-route',
        severity: 'warning',
        where: `${method} ${path}`,
        why: 'This route was put on the HTTP adapter itself: no guard, limit or response filter ever sees it.',
        fix: 'Move it into a controller, or serve it on a port that clients cannot reach.',
        references: ['API9:2023', 'ASVS-13.4.5'],
      };
    }
  }

  *#requestScopedGuards(): Iterable<Finding> {
    for (const wrapper of this.config.getGlobalRequestGuards()) {
      yield {
        id: 'inventory/request-scoped-guard',
        severity: 'error',
        where: String(wrapper.metatype?.name ?? wrapper.name),
        why: 'A request-scoped global guard runs after all others, whatever the order it was declared in.',
        fix: 'Give the guard and all it injects the default scope.',
        references: ['API5:2023', 'ASVS-8.3.1'],
      };
    }
  }

  /** What no transport of ours serves is closed; better said at boot than found out by a client. */
  *#otherTransports(): Iterable<Finding> {
    for (const { metatype, instance } of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      if (typeof metatype !== 'function' || !metatype.prototype) continue;
      const marked = Object.entries(OTHER_TRANSPORTS).find(([key]) => Reflect.hasMetadata(key, metatype));
      const kind =
        marked?.[1] ?? (instance && hasMessageHandler(metatype.prototype as object) ? 'message handler' : undefined);
      if (kind === undefined) continue;
      yield {
        id: 'inventory/unsupported-transport',
        severity: 'warning',
        where: metatype.name,
        why: `This ${kind} is refused for every caller, because nothing tells the pipeline how to read its callers.`,
        fix: 'Serve it over HTTP, or from an app of its own.',
        references: ['API5:2023', 'ASVS-8.3.1'],
      };
    }
  }
}

function isKnown(known: ReadonlySet<string>, method: string, path: string): boolean {
  return known.has(`${method} ${path}`) || known.has(`${RequestMethod[RequestMethod.ALL]} ${path}`);
}

function guardsOn(place: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS, place) as readonly unknown[] | undefined) ?? [];
}

/** A guard of the app's own is the app's decision; of ours, only those count that ask who is calling. */
function authenticates(guard: unknown): boolean {
  if (guard === OPEN_GUARD) return false;
  const prototype = (typeof guard === 'function' ? guard.prototype : guard) as object | null;
  return !(prototype instanceof StageGuard);
}

function hasMessageHandler(prototype: object): boolean {
  return Object.getOwnPropertyNames(prototype).some((name) => {
    const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    return typeof method === 'function' && Reflect.hasMetadata(MESSAGE_PATTERN, method);
  });
}
