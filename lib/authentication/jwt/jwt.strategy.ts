/** Lets what is built on passport run our authentication: a strategy that asks the stage, where others verify themselves. */

import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { callOf } from '../../core/call.js';
import { SecurityError } from '../../core/errors.js';
import { Gatekeeper } from '../../core/gatekeeper.js';
import type { Principal } from '../../core/principal.js';
import type { HttpRequest } from '../../core/transport.js';
import { AuthenticationStage } from '../authentication.stage.js';
import type { JwtSettings } from './jwt.options.js';
import { JWT_SETTINGS } from './jwt.settings.js';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) implements OnApplicationShutdown {
  // No #private members: passport calls an object that inherits from this one.
  constructor(
    @Inject(JWT_SETTINGS) { fromRequest }: JwtSettings,
    @Inject(AuthenticationStage) private readonly stage: AuthenticationStage,
    @Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper,
  ) {
    super({
      // passport-jwt wants to know both before it is built. The stage finds the token (by the same option) and verifies it.
      jwtFromRequest: (request: HttpRequest) =>
        fromRequest?.(request) ?? ExtractJwt.fromAuthHeaderAsBearerToken()(request),
      secretOrKeyProvider: (_request, _token, done) => done(new TypeError('JwtStrategy verifies through the stage.')),
    });
    // One list of strategies per process: under the name `jwt` a second app would take the first one's place.
    this.name = `bulwark-jwt-${randomUUID()}`;
    passport.use(this.name, this);
  }

  /** PassportStrategy registers whatever it builds as `jwt`: here, where nobody looks. */
  getPassportInstance(): passport.Authenticator {
    return new passport.Authenticator();
  }

  override authenticate(request: HttpRequest): void {
    const call = callOf(request);
    if (call === undefined) return this.error(new TypeError('JwtStrategy works behind JwtAuthGuard only.'));
    const judge = async (): Promise<unknown> => this.gatekeeper.passOne(call.context, this.stage);
    judge().then(
      () => (call.principal === undefined ? this.pass() : this.success(this.validate(call.principal))),
      (error: unknown) =>
        error instanceof SecurityError ? this.fail(error, error.getStatus()) : this.error(error as Error),
    );
  }

  /** What becomes `request.user`. */
  validate(principal: Principal): unknown {
    return principal;
  }

  onApplicationShutdown(): void {
    passport.unuse(this.name);
  }
}
