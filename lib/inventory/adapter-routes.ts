/** Which routes does the HTTP adapter have that no controller declares? Read from its own router, where none can hide. */

import { Inject, Injectable, RequestMethod, VersioningType } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { Route } from '../core/route.js';
import { expressRoutes, type ExpressInstance } from './express-routes.js';
import { FastifyRoutes, type FastifyInstance } from './fastify-routes.js';
import { nameless } from './nameless.js';

export interface AdapterRoute {
  readonly method: string;
  readonly path: string;
  /** The function that answers. Undefined: none that a controller could have put there. */
  readonly handler?: { readonly name: string };
  /** The version that the router itself asks for. */
  readonly version?: unknown;
}

/** A route that no controller declares. */
export interface RawRoute extends Pick<AdapterRoute, 'method' | 'path'> {
  /** A controller answers this very method and path as well: which of them does is a matter of order, host or version. */
  readonly isDuplicate: boolean;
}

@Injectable()
export class AdapterRoutes {
  readonly #fastify: FastifyRoutes | undefined;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {
    const adapter = host.httpAdapter;
    // Fastify tells of routes while they are added, and keeps no list that says whose they are.
    if (adapter?.getType() === 'fastify') this.#fastify = new FastifyRoutes(adapter.getInstance<FastifyInstance>());
  }

  /** False: the router could not be read, so there may be more than `raw()` knows. */
  get isWhole(): boolean {
    return this.#fastify?.isWhole ?? true;
  }

  /** Swagger UI, metrics, static files: guards never see them. */
  raw(routes: readonly Route[]): readonly RawRoute[] {
    const declared = declaredBy(routes);
    const paths = new Set(routes.flatMap((route) => route.paths.map(({ path }) => nameless(path))));
    return this.#all().flatMap((found) => {
      const { method, path } = found;
      const known = [method, EVERY_METHOD].flatMap((each) => declared.get(`${each} ${nameless(path)}`) ?? []);
      if (known.length > 0 && this.#isOfController(found, known)) return [];
      const isDuplicate = known.length > 0 || (method === EVERY_METHOD && paths.has(nameless(path)));
      return [{ method, path, isDuplicate }];
    });
  }

  #all(): readonly AdapterRoute[] {
    if (this.#fastify !== undefined) return this.#fastify.all();
    const adapter = this.host.httpAdapter;
    return adapter?.getType() === 'express' ? [...expressRoutes(adapter.getInstance<ExpressInstance>())] : [];
  }

  /** Method and path are not enough: whoever registers the same on the adapter answers past the guards. */
  #isOfController({ handler, path, version }: AdapterRoute, known: readonly Declared[]): boolean {
    if (handler === undefined) return false;
    if (Reflect.hasMetadata(PATH, handler) || known.some(({ id }) => id === handler.name)) return true;
    // On Fastify Nest wraps functions of paths with parameters, and sorting by specificity leaves them without a name.
    // Fastify refuses two routes of one method, path and version, so there the version tells.
    const isNameless = handler.name === '' && path.includes(':') && this.#fastify !== undefined;
    if (!isNameless || this.config.getRouteResolutionStrategy() !== 'specificity') return false;
    if (this.config.getVersioning()?.type === VersioningType.URI) return version === undefined;
    const asked: readonly unknown[] = Array.isArray(version) ? version : [version];
    return known.some((each) => asked.includes(each.version));
  }
}

const EVERY_METHOD = RequestMethod[RequestMethod.ALL];

/** Nest's own key for the path of a handler. Nest copies what a handler carries onto the function that it registers. */
const PATH = 'path';

interface Declared {
  /** `OrdersController.find`: Nest names the function so that it registers. */
  readonly id: string;
  readonly version: string | undefined;
}

/** What controllers have on each method and path. */
function declaredBy(routes: readonly Route[]): ReadonlyMap<string, readonly Declared[]> {
  const found = new Map<string, Declared[]>();
  for (const { id, paths } of routes) {
    for (const { method, path, version } of paths) {
      const key = `${method} ${nameless(path)}`;
      found.set(key, [...(found.get(key) ?? []), { id, version }]);
    }
  }
  return found;
}
