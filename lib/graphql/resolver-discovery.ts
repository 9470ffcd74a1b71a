/** Which resolvers does this app have, and what does each of them cost? */

import type { Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DiscoveredRoute } from '../core/route-discovery.js';
import { describeRoute, type Handler } from '../core/route.js';
import { SIGNED } from '../authentication/signature/signed.decorator.js';
import { RETURNS } from '../responses/returns.decorator.js';
import { marksOf } from '../responses/visible-to.decorator.js';
import { COST } from '../throttling/rate-limit.decorators.js';

// The keys of @nestjs/graphql: its decorators' contract, but exported for internal use only.
const TYPE = 'graphql:resolver_type';
const NAME = 'graphql:resolver_name';
const FIELD = 'graphql:resolve_property';
const REFERENCE = 'graphql:resolve_reference';

const ROOT_TYPES: ReadonlySet<unknown> = new Set(['Query', 'Mutation', 'Subscription']);

/** What a resolver costs that says nothing, in tokens. A property costs nothing. */
const USUAL_COST = 1;

export interface DiscoveredResolver extends DiscoveredRoute {
  /** `Query.orders` */
  readonly field: string;
  readonly cost: number;
}

/**
 * Every query, mutation, subscription, field resolver and reference resolver.
 *
 * @throws TypeError for a decorator that means nothing on a resolver.
 */
export function* resolversOf(discovery: DiscoveryService, scanner: MetadataScanner): Iterable<DiscoveredResolver> {
  for (const { metatype, instance } of discovery.getProviders()) {
    const type = metatype as Type | null;
    if (typeof type !== 'function' || !type.prototype || !Reflect.hasMetadata(TYPE, type)) continue;
    for (const name of scanner.getAllMethodNames(type.prototype as object)) {
      const handler = (type.prototype as Record<string, Handler>)[name]!;
      const kind = kindOf(handler);
      if (kind === undefined) continue;
      if (kind === 'reference') {
        throw new TypeError(
          `${type.name}.${name}: @ResolveReference() is not supported, for a gateway asks for many objects at once, of which only the ` +
            'first would be judged. Serve the type by queries of this app.',
        );
      }
      const owner = (Reflect.getMetadata(TYPE, handler) ?? Reflect.getMetadata(TYPE, type)) as unknown;
      const parent = String(owner);
      const fieldName = (Reflect.getMetadata(NAME, handler) as string | undefined) ?? name;
      const field = `${parent}.${fieldName}`;
      const route = describeRoute({
        name,
        class: type,
        handler,
        transport: 'graphql',
        paths: [{ method: kind === 'field' ? 'FIELD' : parent.toUpperCase(), path: field }],
        isPart: kind === 'field',
      });
      if (route.get(SIGNED) !== undefined) {
        throw new TypeError(
          `${route.id}: @Signed() says nothing on a resolver, for a signature covers a request and not one of its fields. ` +
            'Remove it, or serve this by a route.',
        );
      }
      if (marksOf(type).has(name)) {
        throw new TypeError(
          `${route.id}: @VisibleTo(), @VisibleToOwner() and @Hidden() say nothing on a resolver. Put them on the field of the ` +
            'object type, or write @Roles() here.',
        );
      }
      if (route.get(RETURNS) !== undefined) {
        throw new TypeError(
          `${route.id}: @Returns() says nothing on a resolver, for the schema declares what it answers. Remove it, and put ` +
            '@VisibleTo() on the fields of the object type.',
        );
      }
      const current = (instance as Record<string, Handler> | undefined)?.[name];
      const handlers = current === undefined || current === handler ? [handler] : [handler, current];
      yield { route, handlers, field, cost: route.get(COST) ?? USUAL_COST };
    }
  }
}

function kindOf(handler: Handler): 'root' | 'field' | 'reference' | undefined {
  if (Reflect.getMetadata(FIELD, handler) === true) return 'field';
  if (Reflect.getMetadata(REFERENCE, handler) === true) return 'reference';
  return ROOT_TYPES.has(Reflect.getMetadata(TYPE, handler)) ? 'root' : undefined;
}
