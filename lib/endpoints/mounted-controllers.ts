/** Which ready controllers does the app want, and did it get them? */

import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { JwtSettings } from '../authentication/jwt/jwt.options.js';
import { JWT_SETTINGS } from '../authentication/jwt/jwt.settings.js';
import { SESSIONS_SETTINGS, type SessionsSettings } from '../authentication/sessions/sessions.options.js';
import {
  POSTURE_SETTINGS,
  type PostureOptions,
  type PostureSettings,
} from '../inventory/posture-page/posture.options.js';
import { JwksController } from './jwks.controller.js';
import { LoginController } from './login.controller.js';
import { postureController, posturePlaceOf } from './posture.controller.js';
import { ProtectedResourceController } from './protected-resource.controller.js';
import { SessionController } from './session.controller.js';

/** What of the options decides. */
export interface ControllerOptions {
  readonly jwt?:
    | { readonly jwksController?: boolean; readonly resource?: { readonly controller?: boolean } | undefined }
    | undefined;
  readonly sessions?: Partial<Pick<SessionsSettings, 'controller' | 'users'>> | undefined;
  readonly posture?: PostureOptions | undefined;
}

export function wantedControllers({ jwt, sessions, posture }: ControllerOptions): Type[] {
  const wanted: Type[] = [];
  if (jwt?.jwksController === true) wanted.push(JwksController);
  if (jwt?.resource !== undefined && jwt.resource.controller !== false) wanted.push(ProtectedResourceController);
  if (sessions?.controller === true) {
    wanted.push(SessionController);
    const prototype = sessions.users?.prototype as { verify?: unknown } | undefined;
    if (typeof prototype?.verify === 'function') wanted.push(LoginController);
  }
  if (posture !== undefined) wanted.push(postureController(posture));
  return wanted;
}

/** With `forRootAsync` the options come when the routes are settled already, so the app has to list the controllers. */
@Injectable()
export class MountedControllers implements OnModuleInit {
  constructor(
    @Inject(JWT_SETTINGS) private readonly jwt: JwtSettings,
    @Inject(SESSIONS_SETTINGS) private readonly sessions: SessionsSettings,
    @Inject(POSTURE_SETTINGS) private readonly posture: PostureSettings,
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
    if (mounted.has(ProtectedResourceController) && jwt.resource === undefined) {
      throw new TypeError(
        "ProtectedResourceController: there is nothing to publish. Set `security.jwt.resource`, e.g. { identifier: 'https://api.example.com' }.",
      );
    }
    if (jwt.jwksController && jwt.ring.active === undefined) {
      throw new TypeError(
        'security.jwt.jwksController: there is no public key to publish. Set `privateKey` or `signingKeys`.',
      );
    }
    this.#checkPosture([...mounted].flatMap((type) => posturePlaceOf(type) ?? []));
  }

  /** Its class is made anew for each place and roles, so it is known by these. */
  #checkPosture(mounted: readonly PostureOptions[]): void {
    const { posture } = this;
    if (posture === undefined || mounted.some((each) => JSON.stringify(each) === JSON.stringify(posture))) return;
    throw new TypeError(
      'security.posture: forRootAsync cannot mount the page, its options come too late. Leave the option out, and add ' +
        'postureController({ roles: [...] }) to the `controllers` of a module.',
    );
  }
}
