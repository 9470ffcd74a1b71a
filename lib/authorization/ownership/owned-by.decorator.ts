/** Whose object is this? */

import { createParamDecorator, type ExecutionContext, type Type } from '@nestjs/common';
import { callIn } from '../../core/call.js';
import { checkBoolean, checkKeys, isTextList } from '../../core/checks.js';
import type { Principal } from '../../core/principal.js';
import { annotation, requirement, type RouteDecorator } from '../../core/route.js';

/**
 * Loads objects of one kind and knows whose they are. A provider of the app's own.
 *
 * @example
 * @Injectable()
 * export class OrderOwnership implements Ownership<Order> {
 *   constructor(private readonly orders: OrderRepository) {}
 *   load(id: string) { return this.orders.findById(id); }
 *   ownerOf(order: Order) { return order.userId; }
 * }
 */
export interface Ownership<T = unknown> {
  /** The object of this id, or nothing. Throwing is answered like nothing: 404, with the cause in the log. */
  load(id: string): T | null | undefined | PromiseLike<T | null | undefined>;
  /**
   * The same for many ids at once: an object or nothing for each, in their order. Where it is there, resolvers of one
   * GraphQL request that load in the same turn load together. Default: each calls `load()`.
   */
  loadMany?(ids: readonly string[]): PromiseLike<readonly (T | null | undefined)[]>;
  /** The id of the principal that owns the object. Anything but a non-empty string is nobody. */
  ownerOf(object: T): string;
  /** What `@OwnedBy.list()` hands on, where an `OwnershipScope` is not enough. */
  scope?(principal: Principal, all: boolean): unknown;
}

/** What `@Owned()` hands to a list handler: query by it, and nobody else's objects can be in the answer. */
export type OwnershipScope = { readonly all: false; readonly ownerId: string } | { readonly all: true };

export interface OwnedByOptions {
  /** Roles that may pass without owning. Each time is an event. Default none. */
  readonly bypass?: readonly string[];
  /** Answer 403 for a foreign object, and so tell that it exists. Default false: 404, as for a missing one. */
  readonly reveal?: boolean;
  /** What holds the object's id: a path parameter, an argument of a GraphQL field, or a field of a message. Default `id`. */
  readonly param?: string;
}

/** The parameter is the owner's id itself: `users/:userId/orders`. */
export interface OwnerParam extends OwnedByOptions {
  readonly param: string;
}

export interface OwnershipRule {
  readonly kind: 'param' | 'object' | 'list';
  readonly param: string;
  readonly provider?: Type<Ownership>;
  readonly bypass: readonly string[];
  readonly reveal: boolean;
}

export const OWNERSHIP = annotation<OwnershipRule>('owned-by');

/**
 * Lets in the owner of an object, and nobody else (OWASP API1, ASVS 8.2.2).
 *
 * @throws TypeError when an option makes no sense.
 *
 * @example
 * @Get('users/:userId/orders') @OwnedBy({ param: 'userId' })   // the parameter is the owner's id
 * @Get('orders/:id') @OwnedBy(OrderOwnership)                  // a provider loads it; `@Owned()` hands it on
 * @Get('orders') @OwnedBy.list(OrderOwnership)                 // `@Owned()` is a scope to query by
 */
export function OwnedBy(target: OwnerParam): RouteDecorator;
export function OwnedBy(target: Type<Ownership>, options?: OwnedByOptions): RouteDecorator;
export function OwnedBy(target: OwnerParam | Type<Ownership>, options?: OwnedByOptions): RouteDecorator {
  if (typeof target === 'function') return rule('object', options ?? {}, target);
  if (typeof target?.param !== 'string') {
    throw new TypeError("@OwnedBy() needs { param: 'userId' } or a provider class, e.g. @OwnedBy(OrderOwnership).");
  }
  if (options !== undefined) {
    throw new TypeError(
      "@OwnedBy({ param }) takes one object. Write @OwnedBy({ param: 'userId', bypass: ['admin'] }).",
    );
  }
  return rule('param', target);
}

OwnedBy.list = (provider: Type<Ownership>, options: Omit<OwnedByOptions, 'param' | 'reveal'> = {}): RouteDecorator => {
  if (typeof provider !== 'function') {
    throw new TypeError('@OwnedBy.list() needs a provider class, e.g. @OwnedBy.list(OrderOwnership).');
  }
  return rule('list', options, provider);
};

/** Reads what ownership handed on. Exported so that the boot can tell whether a handler asks for it. */
export function readOwned(_data: unknown, context: ExecutionContext): unknown {
  return callIn(context)?.owned;
}

/**
 * The object that `@OwnedBy()` loaded and judged: no second fetch, and no gap in between (ASVS 15.4.2).
 * In a list handler the scope to query by; where the parameter is the owner's id, that id.
 */
export const Owned: () => ParameterDecorator = createParamDecorator(readOwned);

function rule(kind: OwnershipRule['kind'], options: OwnedByOptions, provider?: Type<Ownership>): RouteDecorator {
  checkKeys('@OwnedBy()', options, ['bypass', 'reveal', 'param']);
  const { bypass = [], reveal = false, param = 'id' } = options;
  checkBoolean('@OwnedBy().reveal', reveal);
  if (!isTextList(bypass)) {
    throw new TypeError("@OwnedBy(): `bypass` names roles, e.g. { bypass: ['admin'] }.");
  }
  if (typeof param !== 'string' || param === '') throw new TypeError('@OwnedBy(): `param` names a path parameter.');
  return requirement(
    OWNERSHIP,
    Object.freeze({ kind, param, bypass: Object.freeze([...bypass]), reveal, ...(provider && { provider }) }),
  );
}
