/** Does a class of an object type carry decorators that nobody would read? Nest runs guards on resolvers only. */

import type { Type } from '@nestjs/common';
import { annotationsOn } from '../core/route.js';

/** The key of `@Resolver()`: a class may be a type and its resolver at once. */
const RESOLVER = 'graphql:resolver_type';

/** @throws TypeError naming class, method and decorator. */
export function checkObjectType(type: Type): void {
  for (let each: unknown = type; isClass(each); each = Object.getPrototypeOf(each)) {
    if (Reflect.hasOwnMetadata(RESOLVER, each)) continue;
    for (const { member, names } of annotationsOn(each)) {
      const where = member === undefined ? each.name : `${each.name}.${member}`;
      throw new TypeError(
        `${where}: a decorator for handlers (${names.join(', ')}) stands on an object type, where no guard reads it. Put it on a ` +
          '@ResolveField() in the resolver of the type, or use @VisibleTo() on the field.',
      );
    }
  }
}

function isClass(value: unknown): value is Type {
  return typeof value === 'function' && typeof value.prototype === 'object';
}
