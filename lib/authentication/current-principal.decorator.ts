/** Hands the caller to the handler. */

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callIn } from '../core/call.js';
import type { Principal } from '../core/principal.js';

/**
 * The principal of the call; undefined where nobody in particular is calling, on a `@Public()` route.
 *
 * @example
 * me(@CurrentPrincipal() caller: Principal) { return { id: caller.id }; }
 */
export const CurrentPrincipal: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal | undefined => callIn(context)?.principal,
);
