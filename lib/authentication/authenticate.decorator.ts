/** By which kinds of credential may a route be called? */

import { annotation, requirement, type RouteDecorator } from '../core/route.js';
import type { CredentialScheme } from './credential-scheme.js';

/** The schemes, by name or as they are. Empty: those that need not be asked for by name. */
export const SCHEMES = annotation<readonly (string | CredentialScheme)[]>('authenticate');

/**
 * Closes a route, and narrows what opens it: `@Authenticate('jwt', 'api-key')`. With no scheme named, and on routes
 * without it, access tokens are taken: keys and signatures are asked for by name. That closes one handler of a `@Public()`
 * class. A request with credentials of two schemes is a 400.
 *
 * A scheme of the app's own is given as it is: `@Authenticate('jwt', passport('saml'))`.
 *
 * An unknown scheme stops the boot with a TypeError.
 */
export function Authenticate(...schemes: readonly (string | CredentialScheme)[]): RouteDecorator {
  return requirement(SCHEMES, Object.freeze([...schemes]));
}
