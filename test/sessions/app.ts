/** An app with logins: one user store that tests may change, the ready controllers, and one route to knock at. */

import { Controller, Get, Injectable } from '@nestjs/common';
import {
  CurrentPrincipal,
  Returns,
  TokenService,
  unlimited,
  type Principal,
  type SecurityOptions,
  type SessionsOptions,
  type SessionUsers,
  type TokenSubject,
} from '../../lib/index.js';
import { bootApp, TEST_SECRET, type TestApp, type TestAppInit } from '../app.js';

@Controller()
export class MeController {
  @Get('me')
  @Returns(Object)
  me(@CurrentPrincipal() { id, roles, amr, authTimeMs }: Principal) {
    return { id, roles, amr, authTimeMs };
  }
}

@Injectable()
export class Users implements SessionUsers {
  readonly roles = new Map([
    ['alice', ['user']],
    ['bob', ['user']],
  ]);
  isDown = false;

  verify(username: string, password: string): TokenSubject | undefined {
    return password === `password of ${username}` ? this.subjectOf(username) : undefined;
  }

  subjectOf(id: string): TokenSubject | undefined {
    if (this.isDown) throw new Error('the database is down');
    const roles = this.roles.get(id);
    return roles && { id, roles };
  }
}

export interface SessionApp extends TestApp {
  readonly tokens: TokenService;
  readonly users: Users;
}

export async function bootSessions({
  sessions = {},
  security = {},
  ...init
}: Omit<TestAppInit, 'security'> & {
  sessions?: SessionsOptions;
  security?: SecurityOptions;
} = {}): Promise<SessionApp> {
  const t = await bootApp({
    ...init,
    security: {
      jwt: { secret: TEST_SECRET },
      throttling: { tiers: { public: unlimited } },
      ...security,
      sessions: { users: Users, controller: true, ...sessions },
    },
    controllers: [MeController, ...(init.controllers ?? [])],
    providers: [Users, ...(init.providers ?? [])],
  });
  return { ...t, tokens: t.app.get(TokenService), users: t.app.get(Users) };
}

/** What every refused refresh token is answered. */
export const REFUSED = {
  status: 401,
  body: { type: 'about:blank', title: 'Valid credentials are required.', status: 401 },
} as const;
