/** By which name do a route's buckets go? The same in every process, and never that of another route. */

import { createHash } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { Handler, Route } from '../core/route.js';

interface Named {
  readonly type: Type;
  readonly handler: Handler;
}

/**
 * A digest of class, handler and paths: of a fixed length, so that no caller's id can make one route's key read like
 * another's. Controllers of the same name differ by their paths; where even those agree, they are counted, in the order
 * in which the app registers them.
 */
export class RouteKeys {
  readonly #taken = new Map<string, Named[]>();

  of(route: Route): string {
    const paths = route.paths.map(({ method, path, version, host }) =>
      [method, path, version ?? '', host ?? ''].join(' '),
    );
    const name = [route.transport, route.id, ...paths.sort()].join('\n');
    const named = this.#taken.get(name) ?? [];
    this.#taken.set(name, named);
    let index = named.findIndex(({ type, handler }) => type === route.class && handler === route.handler);
    if (index === -1) index = named.push({ type: route.class, handler: route.handler }) - 1;
    return createHash('sha256').update(`${name}\n${index}`).digest('base64url').slice(0, 22);
  }
}
