/** What does this app expose, and what stands before it? Read from the same routes that the guards enforce. */

import { Inject, Injectable, VersioningType, type Type } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import { PipelinePlans } from '../core/pipeline-plans.js';
import { RoleHierarchy } from '../core/role-hierarchy.js';
import type { Route } from '../core/route.js';
import { AdapterRoutes } from './adapter-routes.js';
import type { Endpoint, EndpointRate } from './endpoint.js';
import { GuardCover } from './guard-cover.js';
import { handlerEndpoints, KIND_OF } from './handler-endpoints.js';
import { messageSurfaces, type MessageSurface } from './message-surfaces.js';
import { rawEndpoint, surfaceEndpoint } from './other-endpoints.js';
import { compareText } from './text-order.js';

/** Everything that is known, as `security.inventory.json` has it. The same app gives the same text, whenever and wherever. */
export interface Inventory {
  readonly version: 1;
  /** How often callers may call, by tier. */
  readonly tiers: Readonly<Record<string, EndpointRate | 'unlimited'>>;
  /** Role → the roles that whoever holds it holds too. Empty: no role includes another. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** What was looked at: a module knows nothing of what `main.ts` does. Only in what the command writes. */
  readonly source?: 'module' | 'function';
  readonly endpoints: readonly Endpoint[];
}

/**
 * Lists what can be called. Ask once the app is initialised: before that there are no routes.
 *
 * @example
 * const open = app.get(InventoryService).endpoints().filter(({ access }) => access === 'public');
 */
@Injectable()
export class InventoryService {
  constructor(
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(GuardCover) private readonly guards: GuardCover,
    @Inject(AdapterRoutes) private readonly adapter: AdapterRoutes,
    @Inject(RoleHierarchy) private readonly roles: RoleHierarchy,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  /** Every handler, GraphQL operation, message and route of the adapter, sorted by path; each method a record of its own. */
  endpoints(): readonly Endpoint[] {
    const { routes, stages, transportPaths } = this.plans;
    const isListed = listedIn(routes);
    const isVersionInPath = this.config.getVersioning()?.type === VersioningType.URI;
    const found = [
      ...routes.flatMap((route) => {
        return handlerEndpoints(route, stages, this.guards.of(route), isVersionInPath, this.plans.outputOf(route));
      }),
      // Where GraphQL is reached is no route of its own: its operations are listed each.
      ...this.adapter
        .raw(routes)
        .filter(({ path }) => !transportPaths.includes(path))
        .map(rawEndpoint),
      ...messageSurfaces(this.discovery)
        .filter((surface) => !isListed(surface))
        .map((surface) => {
          const cover = this.guards.of({ class: surface.class, handler: surface.function });
          // Nest runs no global guard on message handlers.
          return surfaceEndpoint(surface, surface.kind !== 'message' && cover.covers('authentication'));
        }),
    ];
    return Object.freeze(withUniqueIds(found.sort(byPlace)));
  }

  inventory(): Inventory {
    return Object.freeze({ version: 1, tiers: this.#tiers(), roles: this.#roles(), endpoints: this.endpoints() });
  }

  /** The schemes that routes ask for, by name, each as OpenAPI describes it: Security Scheme Objects. */
  securitySchemes(): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const authentication = this.plans.stages.find(({ name }) => name === 'authentication');
    const facts = this.plans.routes.map((route) => authentication?.describe(route)?.facts['openApi'] as object);
    return Object.assign({}, ...facts) as Record<string, Record<string, string>>;
  }

  #roles(): Inventory['roles'] {
    const names = [...(this.roles.declared ?? [])].sort(compareText);
    const reached = (name: string) => [...this.roles.expand([name])].filter((each) => each !== name).sort(compareText);
    return Object.fromEntries(names.map((name) => [name, reached(name)]));
  }

  /** The tiers are the same wherever they hold, so any route that has them will do. */
  #tiers(): Inventory['tiers'] {
    const throttling = this.plans.stages.find(({ name }) => name === 'throttling');
    for (const route of this.plans.routes) {
      const tiers = throttling?.describe(route)?.facts['tiers'] as Inventory['tiers'] | undefined;
      if (tiers !== undefined && Object.keys(tiers).length > 0) return tiers;
    }
    return {};
  }
}

/** Is what a message calls known to the pipeline already? One method may answer HTTP and messages: those are two endpoints. */
function listedIn(routes: readonly Route[]): (surface: MessageSurface) => boolean {
  const known = new Map<Type, Set<string>>();
  for (const { class: type, name, transport } of routes) {
    const methods = known.get(type) ?? new Set();
    known.set(type, methods.add(`${KIND_OF[transport]} ${name}`));
  }
  return ({ class: type, kind, name }) => known.get(type)?.has(`${kind} ${name}`) === true;
}

/** HTTP first, then by path and method. */
function byPlace(left: Endpoint, right: Endpoint): number {
  const [first, second] = [left, right].map(({ kind, path, id }) => `${RANK[kind]} ${path} ${id}`);
  return compareText(first!, second!);
}

const RANK: Readonly<Record<Endpoint['kind'], number>> = { handler: 0, raw: 0, graphql: 1, gateway: 2, message: 3 };

/** Where two handlers claim one path, the id says whose it is; where one does twice, which of them. */
function withUniqueIds(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const seen = new Set<string>();
  return endpoints.map((endpoint) => {
    const named = `${endpoint.id} (${endpoint.handler ?? 'raw'})`;
    let id = seen.has(endpoint.id) ? named : endpoint.id;
    for (let number = 2; seen.has(id); number++) id = `${named} #${number}`;
    seen.add(id);
    return id === endpoint.id ? endpoint : Object.freeze({ ...endpoint, id });
  });
}
