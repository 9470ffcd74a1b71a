/** Which routes does the HTTP adapter really have? Read from its own router, where no decorator can hide one. */

import type { AbstractHttpAdapter } from '@nestjs/core';

export interface AdapterRoute {
  readonly method: string;
  readonly path: string;
  /** The handler's name. Nest names most of its own `OrdersController.find`. Unknown on Fastify. */
  readonly handler?: string;
}

interface ExpressLayer {
  readonly route?: {
    readonly path: string | readonly string[];
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: readonly { readonly handle: { readonly name: string } }[];
  };
  /** A router mounted on this one has a stack of its own. */
  readonly handle?: { readonly stack?: readonly ExpressLayer[] };
}

interface ExpressInstance {
  readonly router?: { readonly stack?: readonly ExpressLayer[] };
}

interface FastifyInstance {
  printRoutes?(): string;
}

export function adapterRoutes(adapter: AbstractHttpAdapter): readonly AdapterRoute[] {
  const instance: unknown = adapter.getInstance();
  switch (adapter.getType()) {
    case 'express':
      return [...expressRoutes(instance as ExpressInstance)];
    case 'fastify':
      return [...fastifyRoutes(instance as FastifyInstance)];
    default:
      return [];
  }
}

function* expressRoutes({ router }: ExpressInstance): Iterable<AdapterRoute> {
  yield* layersOf(router?.stack ?? [], '');
}

/** Express does not keep where a router was mounted, so the paths below it begin with `…`. */
function* layersOf(stack: readonly ExpressLayer[], prefix: string): Iterable<AdapterRoute> {
  for (const { route, handle } of stack) {
    if (route === undefined) {
      yield* layersOf(handle?.stack ?? [], '…');
      continue;
    }
    const handler = route.stack.at(-1)?.handle.name ?? '';
    for (const path of typeof route.path === 'string' ? [route.path] : route.path) {
      for (const method of Object.keys(route.methods))
        yield { method: method.toUpperCase(), path: prefix + path, handler };
    }
  }
}

/** The printed tree of the router: four characters a level, a piece of path each, methods where a route ends. */
const BRANCH = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, -]+)\))?/;

function* fastifyRoutes(instance: FastifyInstance): Iterable<AdapterRoute> {
  const pieces: string[] = [];
  for (const line of instance.printRoutes?.().split('\n') ?? []) {
    const [, indent, piece, methods] = BRANCH.exec(line) ?? [];
    if (indent === undefined || piece === undefined) continue;
    pieces.length = indent.length / 4;
    pieces.push(piece);
    for (const method of methods?.split(', ') ?? []) {
      // HEAD comes with every GET and is no route of its own.
      if (method !== 'HEAD' && method !== '-') yield { method, path: pieces.join('') };
    }
  }
}
