/** By which kinds of credential may a route be called? */

import { annotation, requirement, type RouteDecorator } from '../core/route.js';

/** The names of the schemes. Empty: those that need not be asked for by name. */
export const SCHEMES = annotation<readonly string[]>('authenticate');

/**
 * Closes a route, and narrows what opens it: `@Authenticate('jwt', 'api-key')`. With no scheme named, and on routes
 * without it, access tokens are taken: keys and signatures are asked for by name. That closes one handler of a `@Public()`
 * class. A request with credentials of two schemes is a 400.
 *
 * An unknown scheme stops the boot with a TypeError.
 */
export function Authenticate(...schemes: readonly string[]): RouteDecorator {
  return requirement(SCHEMES, Object.freeze([...schemes]));
}
