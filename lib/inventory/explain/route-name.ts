/** Which route does somebody mean by this name? */

import { nearest } from '../../core/checks.js';
import type { Route } from '../../core/route.js';
import { nameless } from '../nameless.js';

/**
 * By `Controller.method`, or by method and path as declared. `GET /orders/:id` is also found as `GET /orders/:orderId`.
 *
 * @throws TypeError for none, naming the nearest.
 */
export function routeNamed(routes: readonly Route[], name: string): Route {
  const wanted = nameless(name);
  const found =
    routes.find(({ id }) => id === name) ??
    routes.find((route) => namesOf(route).some((each) => nameless(each) === wanted)) ??
    routes.find(({ paths }) =>
      paths.some(({ method, path }) => method === 'ALL' && wanted.endsWith(` ${nameless(path)}`)),
    );
  if (found !== undefined) return found;
  const near = nearest(
    name,
    routes.flatMap((route) => [route.id, ...namesOf(route)]),
  );
  throw new TypeError(
    `There is no route "${name}". ${near ? `Did you mean "${near}"?` : 'Name it as in UsersController.list or GET /users.'}`,
  );
}

function namesOf({ paths }: Route): readonly string[] {
  return paths.map(({ method, path }) => `${method} ${path}`);
}
