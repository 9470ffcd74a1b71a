/** Which routes does a Fastify app have? Those that it tells of while they are added, and those that were there before. */

import { RequestMethod } from '@nestjs/common';
import type { AdapterRoute } from './adapter-routes.js';

/** What Fastify says of a route that is added. */
interface AddedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly handler: { readonly name: string };
  readonly constraints?: { readonly version?: unknown };
}

export interface FastifyInstance {
  printRoutes?(): string;
  addHook?(name: 'onRoute', hook: (route: AddedRoute) => void): unknown;
}

/** More than anybody names by hand: `instance.all()`. */
const MANY = 10;

export class FastifyRoutes {
  readonly #earlier: readonly AdapterRoute[];
  readonly #added: AddedRoute[] = [];
  /** False: there may be routes that nobody can list. */
  readonly isWhole: boolean;

  /** Made while modules are, which is before Nest adds the routes of controllers. */
  constructor(instance: FastifyInstance) {
    let earlier: readonly AdapterRoute[] = [];
    let isWhole = true;
    try {
      earlier = [...printedRoutes(instance)];
      instance.addHook?.('onRoute', (route) => void this.#added.push(route));
    } catch {
      // Fastify cannot print routes with constraints that are no text, and takes no hooks once it listens.
      isWhole = false;
    }
    this.#earlier = earlier;
    this.isWhole = isWhole;
  }

  all(): readonly AdapterRoute[] {
    const gets = this.#added.filter(({ method }) => listOf(method).includes('GET'));
    return [...this.#earlier, ...this.#added.flatMap((route) => [...routesOf(route, gets)])];
  }
}

function* routesOf(route: AddedRoute, gets: readonly AddedRoute[]): Iterable<AdapterRoute> {
  const { url: path, handler } = route;
  const version = route.constraints?.version;
  const methods = listOf(route.method);
  for (const method of methods.length > MANY ? [RequestMethod[RequestMethod.ALL]] : methods) {
    // HEAD comes with every GET and is no route of its own; one with a function of its own is.
    if (method === 'HEAD' && gets.some((get) => get.url === path && get.handler === handler)) continue;
    yield { method, path, handler, ...(version !== undefined && { version }) };
  }
}

function listOf(method: AddedRoute['method']): readonly string[] {
  return typeof method === 'string' ? [method] : method;
}

/** The printed tree of the router: four characters a level, a piece of path each, methods where a route ends. */
const BRANCH = /^([│ ]*)[├└]── (.*?)(?: \(([A-Z, -]+)\)(?: \{.*\})?)?$/;

function* printedRoutes(instance: FastifyInstance): Iterable<AdapterRoute> {
  const pieces: string[] = [];
  for (const line of instance.printRoutes?.().split('\n') ?? []) {
    const [, indent, piece, names] = BRANCH.exec(line) ?? [];
    if (indent === undefined || piece === undefined) continue;
    pieces.length = indent.length / 4;
    pieces.push(piece);
    const methods = names?.split(', ') ?? [];
    for (const method of methods) {
      const isOfGet = method === 'HEAD' && methods.includes('GET');
      if (!isOfGet && method !== '-') yield { method, path: pieces.join('') };
    }
  }
}
