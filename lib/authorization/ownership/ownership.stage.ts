/** Decides whether the object that a call is about belongs to the caller. */

import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Call } from '../../core/call.js';
import { CLOCK, type Clock } from '../../core/clock.js';
import { SecurityError } from '../../core/errors.js';
import { SecurityEvents } from '../../core/events.js';
import { Gatekeeper, StageGuard } from '../../core/gatekeeper.js';
import type { Principal } from '../../core/principal.js';
import { RoleHierarchy } from '../../core/role-hierarchy.js';
import type { Route } from '../../core/route.js';
import type { RouteCheck, SecurityStage, StageReport } from '../../core/stage.js';
import { isThenable } from '../../core/thenable.js';
import { callerOf } from '../caller.js';
import { BatchedLoads } from './batched-loads.js';
import { forbidden } from '../forbidden.js';
import { providerOf } from '../../core/provider-lookup.js';
import { OWNERSHIP, type Ownership, type OwnershipRule, type OwnershipScope } from './owned-by.decorator.js';
import { checkOwnedParameters } from './owned-parameter.js';

@Injectable()
export class OwnershipStage implements SecurityStage {
  readonly name = 'ownership';
  readonly #logger = new Logger('Bulwark');

  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(RoleHierarchy) private readonly hierarchy: RoleHierarchy,
    @Inject(SecurityEvents) private readonly events: SecurityEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  plan(route: Route): RouteCheck | undefined {
    const rule = ruleOf(route);
    checkOwnedParameters(route, rule !== undefined);
    if (rule === undefined) return undefined;
    this.hierarchy.checkKnown(rule.bypass, `@OwnedBy() on ${route.id}`);
    checkParam(route, rule);
    switch (rule.kind) {
      case 'param':
        return (call) => this.#checkParam(call, rule);
      case 'object': {
        const ownership = this.#provider(route, rule, ['load', 'ownerOf']);
        const load = loaderFor(route, ownership);
        return (call) => this.#checkObject(call, rule, ownership, load);
      }
      case 'list': {
        const ownership = this.#provider(route, rule, []);
        return (call) => this.#scope(call, rule, ownership);
      }
      default:
        return rule.kind satisfies never;
    }
  }

  describe(route: Route): StageReport | undefined {
    const rule = ruleOf(route);
    if (rule === undefined) return undefined;
    const or = rule.bypass.length > 0 ? ` or ${rule.bypass.join(', ')}` : '';
    return {
      summary: `Ownership: the owner${or}`,
      facts: { ...rule, provider: rule.provider?.name },
      answers: ['API1:2023', 'ASVS-8.2.2', 'ASVS-15.4.2'],
    };
  }

  #checkParam(call: Call, rule: OwnershipRule): void {
    const caller = callerOf(call);
    const owner = call.param(rule.param);
    if (owner === undefined) throw missing(`param_missing: ${rule.param}`);
    if (owner !== caller.id) this.#passOrRefuse(call, caller, rule);
    call.owned = owner;
  }

  #checkObject(call: Call, rule: OwnershipRule, ownership: Ownership, load: Load): void | Promise<void> {
    const caller = callerOf(call);
    const id = call.param(rule.param);
    if (id === undefined) throw missing(`param_missing: ${rule.param}`);
    const judge = (object: unknown): void => {
      if (object === undefined || object === null) throw missing('object_missing');
      const owner = this.#guarded('ownerOf', rule, () => ownership.ownerOf(object));
      if (typeof owner !== 'string' || owner === '' || owner !== caller.id) this.#passOrRefuse(call, caller, rule);
      call.owned = object;
    };
    const loaded = this.#guarded('load', rule, () => load(call, id));
    if (!isThenable(loaded)) return judge(loaded);
    return Promise.resolve(loaded)
      .catch((error: unknown) => this.#refuseFailed('load', rule, error))
      .then(judge);
  }

  #scope(call: Call, rule: OwnershipRule, ownership: Ownership): void {
    const caller = callerOf(call);
    const role = this.#bypassingRole(caller, rule);
    if (role !== undefined) this.#recordBypass(call, role);
    const all = role !== undefined;
    const plain: OwnershipScope = all ? { all } : { all, ownerId: caller.id };
    call.owned = ownership.scope
      ? this.#guarded('scope', rule, () => ownership.scope!(caller, all))
      : Object.freeze(plain);
  }

  #passOrRefuse(call: Call, caller: Principal, rule: OwnershipRule): void {
    const role = this.#bypassingRole(caller, rule);
    if (role === undefined) throw rule.reveal ? forbidden('not_owner') : missing('not_owner');
    this.#recordBypass(call, role);
  }

  #bypassingRole(caller: Principal, { bypass }: OwnershipRule): string | undefined {
    if (bypass.length === 0) return undefined;
    const held = this.hierarchy.held(caller);
    return bypass.find((role) => held.has(role));
  }

  #recordBypass(call: Call, role: string): void {
    if (!this.events.wants('info')) return;
    this.events.emit({
      kind: 'ownership_bypassed',
      level: 'info',
      timeMs: this.clock.now(),
      subject: call.subject(),
      role,
    });
  }

  #guarded<T>(step: string, rule: OwnershipRule, run: () => T): T {
    try {
      return run();
    } catch (error) {
      return this.#refuseFailed(step, rule, error);
    }
  }

  /** A loader often throws on an id that it cannot parse, and that is the client's doing: 404, never 500. */
  #refuseFailed(step: string, rule: OwnershipRule, error: unknown): never {
    if (error instanceof SecurityError) throw error;
    const name = `${rule.provider?.name}.${step}`;
    this.#logger.error(`${name}() failed`, error instanceof Error ? error.stack : String(error));
    throw new SecurityError('not_found', { reason: `ownership_failed: ${name}`, cause: error });
  }

  #provider(route: Route, rule: OwnershipRule, methods: readonly (keyof Ownership)[]): Ownership {
    const type = rule.provider!;
    const where = `@OwnedBy(${type.name}) on ${route.id}`;
    const ownership = providerOf(this.modules, type, where);
    for (const method of methods) {
      if (typeof ownership[method] !== 'function') {
        throw new TypeError(`${where}: ${type.name} has no ${method}(). Implement Ownership.`);
      }
    }
    return ownership;
  }
}

@Injectable()
export class OwnershipGuard extends StageGuard {
  static readonly stage = 'ownership';

  constructor(@Inject(Gatekeeper) gatekeeper: Gatekeeper, @Inject(OwnershipStage) stage: OwnershipStage) {
    super(gatekeeper, stage);
  }
}

type Load = (call: Call, id: string) => unknown;

/** One after another where a request is one call; together where it is many. */
function loaderFor(route: Route, ownership: Ownership): Load {
  if (route.transport !== 'graphql' || typeof ownership.loadMany !== 'function')
    return (_call, id) => ownership.load(id);
  const loads = new BatchedLoads(ownership as ConstructorParameters<typeof BatchedLoads>[0]);
  return ({ request }, id) => loads.load(request, id);
}

/** One answer for foreign and missing, so that ids cannot be probed. */
function missing(reason: string): SecurityError {
  return new SecurityError('not_found', { reason });
}

/** A parameter that no path of the route has can never be owned: tell now, not with a 404 for everybody. */
function checkParam(route: Route, rule: OwnershipRule): void {
  // Elsewhere it is an argument or a field of the message, which no path names.
  if (rule.kind === 'list' || route.transport !== 'http' || route.paths.length === 0) return;
  const lacking = route.paths.find(({ path }) => !new RegExp(`:${rule.param}(?![A-Za-z0-9_])`).test(path));
  if (lacking === undefined) return;
  throw new TypeError(
    `@OwnedBy() on ${route.id}: the path ${lacking.path} has no parameter \`:${rule.param}\`. ` +
      `Name the one that holds the id: { param: '…' }.`,
  );
}

function ruleOf(route: Route): OwnershipRule | undefined {
  return route.isPublic ? undefined : route.get(OWNERSHIP);
}
