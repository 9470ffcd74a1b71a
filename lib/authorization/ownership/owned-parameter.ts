/** Does a handler ask for `@Owned()` on a route that nobody judges? Then the boot stops: it would get nothing. */

import type { Route } from '../../core/route.js';
import { readOwned } from './owned-by.decorator.js';

// Where Nest keeps the parameter decorators of a handler, on the class and under the method's name.
const ROUTE_ARGUMENTS = '__routeArguments__';

/** @throws TypeError when the handler takes `@Owned()` and the route has no `@OwnedBy()`. */
export function checkOwnedParameters(route: Route, hasRule: boolean): void {
  if (hasRule) return;
  const parameters = Reflect.getMetadata(ROUTE_ARGUMENTS, route.class, route.name) as
    Record<string, unknown> | undefined;
  for (const parameter of Object.values(parameters ?? {})) {
    if ((parameter as { factory?: unknown }).factory === readOwned) {
      throw new TypeError(`${route.id} takes @Owned() but is not owned by anybody. Add @OwnedBy(…) to the handler.`);
    }
  }
}
