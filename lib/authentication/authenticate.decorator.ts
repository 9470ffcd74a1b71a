/** By which kinds of credential may a route be called? */

import { annotation, requirement, type RouteDecorator } from '../core/route.js';

/** The names of the schemes. Empty: any that the app has. */
export const SCHEMES = annotation<readonly string[]>('authenticate');

/**
 * Closes a route, and narrows what opens it: `@Authenticate('jwt')`. With no scheme named, any credential of the app
 * will do; that closes one handler of a `@Public()` class.
 *
 * An unknown scheme stops the boot with a TypeError.
 */
export function Authenticate(...schemes: readonly string[]): RouteDecorator {
  return requirement(SCHEMES, Object.freeze([...schemes]));
}
