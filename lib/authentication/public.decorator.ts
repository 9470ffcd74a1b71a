/** Which routes are open to everybody? */

import { opening, type RouteDecorator } from '../core/route.js';

/**
 * Opens a handler, or every handler of a class that does not ask for something itself. A token is welcome here but not
 * needed: a valid one identifies the caller, a broken one is refused.
 *
 * @param reason Why it is open, for the inventory: `@Public('health probe')`.
 * @throws TypeError beside a decorator that asks for a caller.
 */
export function Public(reason?: string): RouteDecorator {
  return opening(reason);
}
