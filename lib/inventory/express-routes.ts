/** Which routes does an Express app have? Read from its stack, layer by layer. */

import { RequestMethod } from '@nestjs/common';
import type { AdapterRoute } from './adapter-routes.js';

interface Handle {
  readonly name: string;
  toString(): string;
}

interface ExpressLayer {
  readonly route?: {
    readonly path: string | readonly string[];
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: readonly { readonly handle: Handle }[];
  };
  /** A router mounted on this one has a stack of its own. */
  readonly handle?: { readonly name?: string; readonly stack?: readonly ExpressLayer[] };
  /** Mounted on `/`. */
  readonly slash?: boolean;
}

export interface ExpressInstance {
  readonly router?: { readonly stack?: readonly ExpressLayer[] };
}

export function* expressRoutes({ router }: ExpressInstance): Iterable<AdapterRoute> {
  yield* layersOf(router?.stack ?? [], '');
}

/** The name of the middleware that `express.static()` makes, which `app.useStaticAssets()` mounts. */
const STATIC_FILES = 'serveStatic';

/** Express does not keep where a router was mounted, so the paths below it begin with `…`. */
function* layersOf(stack: readonly ExpressLayer[], prefix: string): Iterable<AdapterRoute> {
  for (const { route, handle, slash } of stack) {
    if (route === undefined) {
      if (handle?.name === STATIC_FILES) yield { method: 'GET', path: slash === true ? `${prefix}/*` : '…/*' };
      yield* layersOf(handle?.stack ?? [], '…');
      continue;
    }
    const last = route.stack.at(-1)?.handle;
    const methods = methodsOf(route.methods);
    if (last !== undefined && methods[0] === EVERY_METHOD && isNotFoundOfNest(last)) continue;
    if (last !== undefined && isMiddlewareOfNest(last)) continue;
    for (const path of typeof route.path === 'string' ? [route.path] : route.path) {
      for (const method of methods) yield { method, path: prefix + path, ...(last && { handler: last }) };
    }
  }
}

const EVERY_METHOD = RequestMethod[RequestMethod.ALL];
/** More than anybody names by hand. */
const MANY = 10;

/** `router.all()` is one mark, `app.all()` a list of all the methods there are. */
function methodsOf(methods: Readonly<Record<string, boolean>>): readonly string[] {
  const names = Object.keys(methods);
  return methods['_all'] === true || names.length > MANY ? [EVERY_METHOD] : names.map((name) => name.toUpperCase());
}

/** With a global prefix Nest's own 404 is a route for every method: a wrapper of its exceptions layer, without a name. */
function isNotFoundOfNest(handle: Handle): boolean {
  return handle.name === '' && handle.toString().includes('exceptionsHandler.next(');
}

/** `consumer.apply(Middleware).forRoutes('/x')` is a route on Express, and no route on Fastify. It is on neither list. */
function isMiddlewareOfNest(handle: Handle): boolean {
  return handle.name === 'handler' && handle.toString().includes('handledRequests.has(');
}
