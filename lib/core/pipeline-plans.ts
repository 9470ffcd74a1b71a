/** What has to be checked for this call? Compiles every route's stages once, at boot; finds them again by handler. */

import { Inject, Injectable, type ExecutionContext, type OnModuleInit, type Type } from '@nestjs/common';
import { attachCall, attachCallTo, Call, callAt, callOf } from './call.js';
import { CLIENT_ADDRESS, type ClientAddress } from './client-address.js';
import { SecurityError } from './errors.js';
import { describeRoute, isDecorated, type Handler, type Route } from './route.js';
import { RouteTable } from './route-table.js';
import { RouteDiscovery, type DiscoveredRoute } from './route-discovery.js';
import type { RouteCheck, SecurityStage } from './stage.js';
import { httpTransport, type SchemaOutput, type Transport } from './transport.js';

/** One stage's check, bound to one route. */
export interface PlannedCheck {
  readonly stage: SecurityStage;
  readonly check: RouteCheck;
}

export interface RoutePlan {
  readonly route: Route;
  /** In pipeline order; stages that the route does not need are absent. */
  readonly checks: readonly PlannedCheck[];
}

/** The stages in their order, resolved to instances. Provided by the wiring, read when the app initialises. */
export const STAGES = Symbol('bulwark:stages');
export type StageSource = () => Promise<readonly SecurityStage[]>;

@Injectable()
export class PipelinePlans implements OnModuleInit {
  readonly #table = new RouteTable<RoutePlan>();
  readonly #transports = new Map<string, Transport>([[httpTransport.type, httpTransport]]);
  /** The plans that boot made, by class and method name. */
  readonly #byName = new Map<Type, Map<string, RoutePlan>>();
  #stages: readonly SecurityStage[] = [];
  #ready = false;
  #routes: readonly Route[] = [];

  constructor(
    @Inject(STAGES) private readonly source: StageSource,
    @Inject(RouteDiscovery) private readonly discovery: RouteDiscovery,
    @Inject(CLIENT_ADDRESS) private readonly addresses: ClientAddress,
  ) {}

  /** Every route of the app, in the order Nest registered them. */
  get routes(): readonly Route[] {
    return this.#routes;
  }

  get stages(): readonly SecurityStage[] {
    return this.#stages;
  }

  /** Compiles every route. Throws what a stage throws: a mistake in a decorator stops the boot here. */
  async onModuleInit(): Promise<void> {
    this.discovery.checkMessages();
    this.#stages = await this.source();
    const routes: Route[] = [];
    for (const { route, handlers } of this.#discovered()) {
      const plan = this.#compile(route);
      for (const handler of handlers) this.#table.set(route.class, handler, plan);
      let named = this.#byName.get(route.class);
      if (named === undefined) this.#byName.set(route.class, (named = new Map<string, RoutePlan>()));
      named.set(route.name, plan);
      routes.push(route);
    }
    this.#routes = Object.freeze(routes);
    this.#ready = true;
  }

  /** Teaches the pipeline another transport, before the app initialises. For subpaths such as `./graphql`. */
  addTransport(transport: Transport): void {
    this.#transports.set(transport.type, transport);
  }

  /** Does anything tell how calls of this type are read? */
  serves(type: string): boolean {
    return this.#transports.has(type);
  }

  /**
   * The plan of a handler.
   *
   * @throws SecurityError `unavailable` before the app is initialised, `forbidden` for a function that no decorator
   * describes and no method of the class explains: without its rules it stays closed.
   */
  planFor(type: Type, handler: Handler): RoutePlan {
    return this.#table.get(type, handler) ?? this.#planForUnknown(type, handler);
  }

  #planForUnknown(type: Type, handler: Handler): RoutePlan {
    // Nest registers routes before it initialises modules: a server that listens already must not find them open.
    if (!this.#ready) throw new SecurityError('unavailable', { reason: 'not_initialised' });
    const name = handler.name.replace(/^bound /, '');
    const plan = this.#byName.get(type)?.get(name);
    // Made anew for each request by a decorator that took its notes along: the same notes are the same plan.
    if (plan !== undefined && hasSameNotes(handler, plan.route.handler)) {
      this.#table.set(type, handler, plan);
      return plan;
    }
    if (!isDecorated(handler)) {
      // Bound or wrapped anew for each request, so it carries no rules of its own: those of the method hold.
      if (plan === undefined) throw new SecurityError('forbidden', { reason: `handler_unknown: ${type.name}.${name}` });
      return plan;
    }
    // A lazily loaded module: compiled when it is first called, from the same decorators.
    const own = this.#compile(describeRoute({ name, class: type, handler, transport: 'http', paths: [] }));
    this.#table.set(type, handler, own);
    return own;
  }

  /** The call that this context belongs to: one per request and handler, whichever guard asks first. */
  callFor(context: ExecutionContext): { call: Call; plan: RoutePlan } {
    const transport = this.#transports.get(context.getType());
    if (transport === undefined) {
      // Without its transport we could not tell who is calling. Closed, not guessed.
      throw new SecurityError('forbidden', { reason: `transport_not_supported: ${context.getType()}` });
    }
    const plan = this.planFor(context.getClass(), context.getHandler() as Handler);
    const { request, response } = transport.exchange(context);
    const anchor = transport.anchor?.(context);
    const current = anchor === undefined ? callOf(request) : callAt(anchor);
    if (current !== undefined && current.route === plan.route) return { call: current, plan };
    const call = new Call(plan.route, request, response, context, this.addresses, transport.input?.(context));
    if (anchor === undefined) attachCall(request, call);
    else attachCallTo(anchor, call);
    return { call, plan };
  }

  /** Where on the HTTP adapter other transports are reached. */
  get transportPaths(): readonly string[] {
    return [...this.#transports.values()].flatMap((transport) => transport.paths?.() ?? []);
  }

  /** What the schema of its transport lets out of a handler's answer. Undefined: it has none. */
  outputOf(route: Route): SchemaOutput | undefined {
    return this.#transports.get(route.transport)?.outputOf?.(route);
  }

  *#discovered(): Iterable<DiscoveredRoute> {
    yield* this.discovery.httpRoutes();
    for (const transport of this.#transports.values()) yield* transport.routes?.() ?? [];
  }

  #compile(route: Route): RoutePlan {
    const checks: PlannedCheck[] = [];
    for (const stage of this.#stages) {
      const check = stage.plan(route);
      if (check !== undefined) checks.push(Object.freeze({ stage, check }));
    }
    return Object.freeze({ route, checks: Object.freeze(checks) });
  }
}

/** Every note that any decorator left, Nest's own included, with the very same values. */
function hasSameNotes(one: Handler, other: Handler): boolean {
  const keys = Reflect.getMetadataKeys(one) as readonly unknown[];
  return (
    keys.length > 0 &&
    keys.length === Reflect.getMetadataKeys(other).length &&
    keys.every((key) => Reflect.getMetadata(key, one) === Reflect.getMetadata(key, other))
  );
}
