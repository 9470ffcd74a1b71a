/** Is this request signed? For single routes, where the app does without the global guard. */

import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { SecurityError } from '../../core/errors.js';
import { Gatekeeper } from '../../core/gatekeeper.js';
import { PipelinePlans } from '../../core/pipeline-plans.js';
import { AuthenticationStage } from '../authentication.stage.js';
import { SIGNATURE_SCHEME } from './signed.decorator.js';

/**
 * Refuses as the pipeline does, and once. `@Signed()` on the route says which keys and profiles are good; without it all
 * of the app are. Nobody else gets by this guard, on a `@Public()` route either.
 */
@Injectable()
export class SignatureGuard implements CanActivate {
  static readonly stage = 'authentication';
  static readonly authenticates = true;
  /** What a route takes that is guarded by this and says nothing else. */
  static readonly scheme = SIGNATURE_SCHEME;

  constructor(
    @Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
    @Inject(AuthenticationStage) private readonly stage: AuthenticationStage,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const passed = this.gatekeeper.passOne(context, this.stage);
    const isSigner = (): true => {
      if (this.plans.callFor(context).call.principal?.scheme === SIGNATURE_SCHEME) return true;
      throw new SecurityError('unauthenticated', {
        reason: 'not_signed',
        headers: { 'WWW-Authenticate': 'Signature' },
      });
    };
    return typeof passed === 'boolean' ? isSigner() : passed.then(isSigner);
  }
}
