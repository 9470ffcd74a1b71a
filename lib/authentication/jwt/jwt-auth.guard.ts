/** The authentication stage as a passport guard, for `@UseGuards()` and for whoever extends AuthGuard. */

import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard, type IAuthModuleOptions } from '@nestjs/passport';
import { attachCall } from '../../core/call.js';
import { SecurityError } from '../../core/errors.js';
import { PipelinePlans } from '../../core/pipeline-plans.js';
import type { HttpRequest, HttpResponse } from '../../core/transport.js';
import { AuthenticationStage } from '../authentication.stage.js';
import { JwtStrategy } from './jwt.strategy.js';

/**
 * Refuses as the pipeline does: same status, same `WWW-Authenticate`, one event; `@Public()` and optional tokens included.
 * Does nothing where the pipeline has authenticated the call already.
 *
 * @example
 * class AccountGuard extends JwtAuthGuard {
 *   override handleRequest(error: unknown, user: Principal | false, info: unknown) {
 *     return toAccount(super.handleRequest(error, user, info));
 *   }
 * }
 */
@Injectable()
export class JwtAuthGuard extends AuthGuard() {
  static readonly stage = 'authentication';
  /** On a handler it closes what its class opens. */
  static readonly authenticates = true;

  declare protected options: IAuthModuleOptions;

  constructor(
    @Inject(JwtStrategy) private readonly strategy: JwtStrategy,
    @Inject(AuthenticationStage) private readonly stage: AuthenticationStage,
    @Inject(PipelinePlans) private readonly plans: PipelinePlans,
  ) {
    super({ defaultStrategy: strategy.name });
  }

  override canActivate(
    context: ExecutionContext,
  ): ReturnType<InstanceType<ReturnType<typeof AuthGuard>>['canActivate']> {
    if (this.plans.callFor(context).call.hasPassed(this.stage)) return true;
    // Where the app imports PassportModule, its options are injected over ours: they may say anything but the strategy.
    this.options = { ...this.options, defaultStrategy: this.strategy.name };
    return super.canActivate(context);
  }

  /** Override to answer another `request.user`, or to let somebody in after all. `info` is the refusal. */
  override handleRequest<TUser = unknown>(error: unknown, user: TUser | false | undefined, info: unknown): TUser {
    if (error) throw error as Error;
    if (user) return user;
    throw info instanceof SecurityError ? info : new SecurityError('unauthenticated', { reason: 'no_principal' });
  }

  override getRequest(context: ExecutionContext): HttpRequest {
    const { call } = this.plans.callFor(context);
    // Passport asks the strategy before it lets anybody else in, and the strategy finds the call on the request.
    if (call.route.transport !== 'http') attachCall(call.request, call);
    return call.request;
  }

  getResponse(context: ExecutionContext): HttpResponse {
    return this.plans.callFor(context).call.response;
  }
}
