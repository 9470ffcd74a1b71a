/** Lets in who brings an API key, for `@UseGuards()`. */

import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { SecurityError } from '../../core/errors.js';
import { Gatekeeper } from '../../core/gatekeeper.js';
import { PipelinePlans } from '../../core/pipeline-plans.js';
import { AuthenticationStage } from '../authentication.stage.js';
import { guardsOf } from '../../core/route-guards.js';

/**
 * On a handler or a class it says what `@Authenticate('api-key')` says, to the pipeline too, and nobody gets by without a key,
 * whatever `@Public()` says. As a global guard (`useGlobalGuards()`) it refuses whoever came in by something else, and leaves
 * `@Public()` routes open.
 *
 * @example
 * @UseGuards(ApiKeyGuard)
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  static readonly stage = 'authentication';
  static readonly authenticates = true;
  /** Read by the authentication stage. */
  static readonly scheme = 'api-key';

  constructor(
    @Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper,
    @Inject(AuthenticationStage) private readonly stage: AuthenticationStage,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const passed = this.gatekeeper.passOne(context, this.stage);
    return typeof passed === 'boolean' ? this.#hasKey(context) : passed.then(() => this.#hasKey(context));
  }

  #hasKey(context: ExecutionContext): true {
    const { call } = this.plans.callFor(context);
    const { principal, route } = call;
    if (principal?.scheme === ApiKeyGuard.scheme) return true;
    if (principal === undefined && route.isPublic && !guardsOf(route).includes(ApiKeyGuard)) return true;
    throw new SecurityError('unauthenticated', { reason: 'no_api_key', headers: { 'WWW-Authenticate': 'ApiKey' } });
  }
}
