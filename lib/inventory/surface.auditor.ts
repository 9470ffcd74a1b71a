/** What can be reached without passing the pipeline? */

import { Inject, Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import { placeOf, type Auditor, type AuditScope, type Finding } from '../core/finding.js';
import { PipelinePlans } from '../core/pipeline-plans.js';
import { describeRoute, type Handler, type Route } from '../core/route.js';
import { AdapterRoutes, type RawRoute } from './adapter-routes.js';
import { GuardCover } from './guard-cover.js';

/** Metadata that Nest's other transports leave on providers, and what serves them. */
const OTHER_TRANSPORTS: Readonly<
  Record<string, { readonly type: string; readonly kind: string; readonly fix: string }>
> = {
  'graphql:resolver_type': {
    type: 'graphql',
    kind: 'GraphQL resolver',
    fix: "Import GraphQLSecurityModule.forRoot() of 'nestjs-bulwark/graphql' in the root module.",
  },
  'websockets:is_gateway': {
    type: 'ws',
    kind: 'WebSocket gateway',
    fix: "Import WebSocketSecurityModule.forRoot() of 'nestjs-bulwark/websockets' in the root module.",
  },
};
const MESSAGE_PATTERN = 'microservices:pattern';

@Injectable()
export class SurfaceAuditor implements Auditor {
  constructor(
    @Inject(AdapterRoutes) private readonly adapter: AdapterRoutes,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(GuardCover) private readonly guards: GuardCover,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
  ) {}

  *findings({ routes }: AuditScope): Iterable<Finding> {
    yield* this.#unguarded(routes);
    yield* this.#rawRoutes(routes);
    yield* this.#requestScopedGuards();
    yield* this.#otherTransports();
  }

  /** With `globalGuards: false` each handler needs guards of its own: one that asks who calls, and one for each rule. */
  *#unguarded(routes: readonly Route[]): Iterable<Finding> {
    if (this.guards.isWholeEverywhere) return;
    for (const route of routes) {
      const cover = this.guards.of(route);
      if (cover.isWhole) continue;
      if (!route.isPublic && !cover.asksWhoCalls) yield unguarded(route, cover.foreign);
      const { checks } = this.plans.planFor(route.class, route.handler);
      for (const { stage } of checks) {
        if (!UNCOVERED_BY_CHOICE.has(stage.name) && !cover.covers(stage.name)) yield unenforced(route, stage.name);
      }
    }
  }

  /** Routes put on the adapter itself (Swagger UI, metrics): guards never see them. */
  *#rawRoutes(routes: readonly Route[]): Iterable<Finding> {
    const { transportPaths } = this.plans;
    for (const each of this.adapter.raw(routes)) {
      if (transportPaths.includes(each.path)) continue;
      yield each.isDuplicate ? duplicate(each) : raw(each);
    }
    if (!this.adapter.isWhole) yield UNREADABLE;
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
      for (const [key, { type, kind, fix }] of Object.entries(OTHER_TRANSPORTS)) {
        if (Reflect.hasMetadata(key, metatype) && !this.plans.serves(type)) yield unsupported(metatype.name, kind, fix);
      }
      if (instance) yield* closedMessages(metatype as Type);
    }
  }
}

function raw({ method, path }: RawRoute): Finding {
  return {
    id: 'inventory/raw-route',
    severity: 'warning',
    where: `${method} ${path}`,
    why: 'This route was put on the HTTP adapter itself: no guard, limit or response filter ever sees it.',
    fix: 'Move it into a controller, or serve it on a port that clients cannot reach.',
    references: ['API9:2023', 'ASVS-13.4.5'],
  };
}

function duplicate({ method, path }: RawRoute): Finding {
  return {
    ...raw({ method, path, isDuplicate: true }),
    id: 'inventory/raw-duplicate',
    severity: 'error',
    why: 'A controller answers here too, and this route on the HTTP adapter itself may take its calls past every guard.',
    fix: 'Remove it, or give it a path of its own.',
  };
}

const UNREADABLE: Finding = {
  id: 'inventory/unreadable-routes',
  severity: 'warning',
  where: 'FastifyAdapter',
  why: 'Routes were put on the HTTP adapter before the app was created, and its router cannot print them: some may be missing here.',
  fix: 'Add them after NestFactory.create(), or from a controller.',
  references: ['API9:2023'],
};

function unsupported(where: string, kind: string, fix: string): Finding {
  return {
    id: 'inventory/unsupported-transport',
    severity: 'error',
    where,
    why: `This ${kind} is refused for every caller, because nothing tells the pipeline how to read its callers.`,
    fix,
    references: ['API5:2023', 'ASVS-8.3.1'],
  };
}

function openToMessages(where: string): Finding {
  return {
    id: 'inventory/message-handler',
    severity: 'error',
    where,
    why: 'Whoever reaches the broker or the port can call its message handlers: Nest runs no global guard on them.',
    fix: "Say that it is open to them, @Public('only the broker reaches it'), or serve it from an app of its own.",
    references: ['API5:2023', 'ASVS-8.3.1'],
  };
}

/** Without their own guards these two are simply not there; `unguarded` speaks for the third. */
const UNCOVERED_BY_CHOICE: ReadonlySet<string> = new Set(['address-gate', 'throttling', 'authentication']);

function unguarded(route: Route, foreign: readonly string[]): Finding {
  return {
    id: 'inventory/unguarded-handler',
    severity: 'error',
    where: placeOf(route),
    why:
      foreign.length === 0
        ? 'Anybody can call this handler: no guard stands before it.'
        : `Anybody may be able to call this handler: nothing shows that ${foreign.join(', ')} asks who is calling.`,
    fix:
      'Add @UseGuards(SecurityGuard), or remove `globalGuards: false`, or mark it @Public(reason).' +
      (foreign.length === 0 ? '' : ' A guard that refuses strangers says so: static readonly authenticates = true.'),
    references: ['API5:2023', 'ASVS-8.3.1'],
  };
}

function unenforced(route: Route, stage: string): Finding {
  return {
    id: 'inventory/unenforced-rule',
    severity: 'error',
    where: placeOf(route),
    why: `Its decorators ask for ${stage}, and no guard that checks it stands before this handler.`,
    fix: 'Add @UseGuards(SecurityGuard), or the guard of that stage, or remove `globalGuards: false`.',
    references: ['API1:2023', 'API5:2023', 'ASVS-8.3.1'],
  };
}

/** Message handlers, inherited ones included, of which nobody said that they are open. */
function* closedMessages(type: Type): Iterable<Finding> {
  const seen = new Set<string>();
  for (
    let place = type.prototype as object | null;
    place !== null;
    place = Object.getPrototypeOf(place) as object | null
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(place))) {
      const handler = value as unknown;
      if (seen.has(name) || typeof handler !== 'function') continue;
      seen.add(name);
      if (!Reflect.hasMetadata(MESSAGE_PATTERN, handler)) continue;
      const route = describeRoute({ name, class: type, handler: handler as Handler, transport: 'rpc', paths: [] });
      if (!route.isPublic) yield openToMessages(route.id);
    }
  }
}
