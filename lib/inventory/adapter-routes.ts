/** Which routes does the HTTP adapter really have? Read from its own router, where no decorator can hide one. */

import { RequestMethod } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Route } from '../core/route.js';

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
    readonly stack: readonly { readonly handle: { readonly name: string; toString(): string } }[];
  };
  /** A router mounted on this one has a stack of its own. */
  readonly handle?: { readonly name?: string; readonly stack?: readonly ExpressLayer[] };
  /** Mounted on `/`. */
  readonly slash?: boolean;
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

/** Those that no controller declares: Swagger UI, metrics, static files. Guards never see them. */
export function rawRoutes(adapter: AbstractHttpAdapter, routes: readonly Route[]): readonly AdapterRoute[] {
  const names = new Set(routes.map(({ id }) => id));
  const known = new Set(routes.flatMap(({ paths }) => paths.map(({ method, path }) => `${method} ${nameless(path)}`)));
  return adapterRoutes(adapter).filter(
    ({ method, path, handler }) =>
      !(handler !== undefined && names.has(handler)) && !isKnown(known, method, nameless(path)),
  );
}

function isKnown(known: ReadonlySet<string>, method: string, path: string): boolean {
  return known.has(`${method} ${path}`) || known.has(`${RequestMethod[RequestMethod.ALL]} ${path}`);
}

/** Routers print one parameter under all the names that it has in different routes. */
function nameless(path: string): string {
  return path.replace(/:[^/]+/g, ':');
}

function* expressRoutes({ router }: ExpressInstance): Iterable<AdapterRoute> {
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
    for (const path of typeof route.path === 'string' ? [route.path] : route.path) {
      for (const method of methods) yield { method, path: prefix + path, handler: last?.name ?? '' };
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
function isNotFoundOfNest(handle: { readonly name: string; toString(): string }): boolean {
  return handle.name === '' && handle.toString().includes('exceptionsHandler.next(');
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
