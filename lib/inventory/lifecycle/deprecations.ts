/** Which routes are on their way out, and who would miss them? */

import { Inject, Injectable, type Type } from '@nestjs/common';
import { CLOCK, type Clock } from '../../core/clock.js';
import type { Route, RoutePath } from '../../core/route.js';
import { CallerBook, type DeprecatedCaller } from './caller-book.js';
import { isGone, isoOf, type Lifecycle } from './lifecycle.js';

export interface DeprecatedRoute {
  /** `UsersController.list` */
  readonly route: string;
  readonly paths: readonly RoutePath[];
  /** ISO 8601. */
  readonly since: string;
  readonly sunset?: string;
  readonly successor?: string;
  readonly link?: string;
  /** The sunset has passed: calls are answered 410, or with `grace` as before. */
  readonly isGone: boolean;
  readonly grace: boolean;
  /** Calls since this process started, by whom the route lets in. After the sunset too. */
  readonly calls: number;
  /** The last to call first. At most 1_000 with credentials and 1_000 addresses. */
  readonly callers: readonly DeprecatedCaller[];
  /** Callers that were pushed out by others, or that nobody asked for. */
  readonly forgotten: number;
}

interface Opened {
  readonly route: Route;
  readonly lifecycle: Lifecycle;
  readonly book: CallerBook;
}

/**
 * Counts who still calls what is deprecated. In the memory of this process: a restart forgets.
 *
 * @example
 * for (const { route, callers } of deprecations.routes()) console.log(route, callers.map(({ id }) => id));
 */
@Injectable()
export class Deprecations {
  /** By class and method: a controller made anew for each request may wrap its handlers, and is the same route. */
  readonly #books = new Map<Type, Map<string, Opened>>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Starts counting a route. */
  open(route: Route, lifecycle: Lifecycle): CallerBook {
    const { class: type, name } = route;
    let books = this.#books.get(type);
    if (books === undefined) this.#books.set(type, (books = new Map<string, Opened>()));
    const known = books.get(name);
    if (known !== undefined) return known.book;
    const book = new CallerBook();
    books.set(name, { route, lifecycle, book });
    return book;
  }

  /**
   * Every deprecated route, in the order Nest registered them.
   *
   * @param most Callers that are listed of each; those that are not count as `forgotten`. Default: all that are remembered.
   */
  routes(most = Infinity): readonly DeprecatedRoute[] {
    const nowMs = this.clock.now();
    const opened = [...this.#books.values()].flatMap((books) => [...books.values()]);
    return opened.map(({ route, lifecycle, book }) => {
      const callers = most === Infinity ? book.callers() : book.latest(most);
      return Object.freeze({
        route: route.id,
        paths: route.paths,
        ...datesOf(lifecycle),
        isGone: isGone(lifecycle, nowMs),
        grace: lifecycle.grace,
        calls: book.calls,
        callers,
        forgotten: book.forgotten + book.size - callers.length,
      });
    });
  }

  /** Who still calls, on whichever deprecated route. The last to call first. */
  callers(): readonly (DeprecatedCaller & { readonly route: string })[] {
    return this.routes()
      .flatMap(({ route, callers }) => callers.map((caller) => Object.freeze({ ...caller, route })))
      .sort((left, right) => right.lastMs - left.lastMs);
  }
}

/** As the inventory has it. */
export function datesOf({ sinceMs, sunsetMs, successor, link }: Lifecycle): Readonly<{
  since: string;
  sunset?: string;
  successor?: string;
  link?: string;
}> {
  return {
    since: isoOf(sinceMs),
    ...(sunsetMs !== undefined && { sunset: isoOf(sunsetMs) }),
    ...(successor !== undefined && { successor }),
    ...(link !== undefined && { link }),
  };
}
