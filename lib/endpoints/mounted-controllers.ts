/** Which ready controllers does the app want, and did it get them? */

import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { JwtSettings } from '../authentication/jwt/jwt.options.js';
import { JWT_SETTINGS } from '../authentication/jwt/jwt.settings.js';
import { SESSIONS_SETTINGS, type SessionsSettings } from '../authentication/sessions/sessions.options.js';
import { JwksController } from './jwks.controller.js';
import { LoginController } from './login.controller.js';
import { SessionController } from './session.controller.js';

/** What of the options decides. */
export interface ControllerOptions {
  readonly jwt?: { readonly jwksController?: boolean } | undefined;
  readonly sessions?: Partial<Pick<SessionsSettings, 'controller' | 'users'>> | undefined;
}

export function wantedControllers({ jwt, sessions }: ControllerOptions): Type[] {
  const wanted: Type[] = [];
  if (jwt?.jwksController === true) wanted.push(JwksController);
  if (sessions?.controller === true) {
    wanted.push(SessionController);
    const prototype = sessions.users?.prototype as { verify?: unknown } | undefined;
    if (typeof prototype?.verify === 'function') wanted.push(LoginController);
  }
  return wanted;
}

/** With `forRootAsync` the options come when the routes are settled already, so the app has to list the controllers. */
@Injectable()
export class MountedControllers implements OnModuleInit {
  constructor(
    @Inject(JWT_SETTINGS) private readonly jwt: JwtSettings,
    @Inject(SESSIONS_SETTINGS) private readonly sessions: SessionsSettings,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  /** @throws TypeError when one that the options ask for is not there, or it would have nothing to do. */
  onModuleInit(): void {
    const { jwt, sessions } = this;
    const mounted = new Set(this.discovery.getControllers().map(({ metatype }) => metatype));
    const missing = wantedControllers({ jwt, sessions }).find((type) => !mounted.has(type));
    if (missing !== undefined) {
      throw new TypeError(
        `security: forRootAsync cannot mount ${missing.name}, its options come too late. Add it to the \`controllers\` of a module.`,
      );
    }
    if (mounted.has(SessionController) && !sessions.enabled) {
      throw new TypeError('SessionController: there are no sessions. Set `security.sessions`, e.g. to {}.');
    }
    if (jwt.jwksController && jwt.ring.active === undefined) {
      throw new TypeError(
        'security.jwt.jwksController: there is no public key to publish. Set `privateKey` or `signingKeys`.',
      );
    }
  }
}
