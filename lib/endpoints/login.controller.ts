/** A ready login by name and password. */

import { Body, Controller, HttpCode, Inject, Post, Req, Res, type OnApplicationBootstrap } from '@nestjs/common';
import type { IssuedToken } from '../authentication/jwt/issued-token.js';
import { TokenService } from '../authentication/jwt/token.service.js';
import { Public } from '../authentication/public.decorator.js';
import { RefreshCookie } from '../authentication/sessions/refresh-cookie.js';
import { SessionKeeper } from '../authentication/sessions/session-keeper.js';
import { callOf } from '../core/call.js';
import { SecurityError } from '../core/errors.js';
import type { HttpRequest, HttpResponse } from '../core/transport.js';
import { Returns } from '../responses/returns.decorator.js';
import { LoginDefence } from '../throttling/login-defence/login-defence.js';
import { CredentialsInput } from './session.input.js';
import { TokensView } from './session.view.js';

const CHALLENGE = Object.freeze({ 'WWW-Authenticate': 'Bearer' });

/** Mounted with `SessionController` where the app's `users` can `verify()`. For second factors write your own. */
@Controller('auth')
export class LoginController implements OnApplicationBootstrap {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(SessionKeeper) private readonly keeper: SessionKeeper,
    @Inject(RefreshCookie) private readonly cookie: RefreshCookie,
    @Inject(LoginDefence) private readonly defence: LoginDefence,
  ) {}

  /** @throws TypeError where nobody can say whose password it is. */
  onApplicationBootstrap(): void {
    if (typeof this.keeper.users?.verify === 'function') return;
    throw new TypeError('LoginController: security.sessions.users has no verify(). Write verify(username, password).');
  }

  @Post('login')
  @HttpCode(200)
  @Public('this is where credentials come from')
  @Returns(TokensView)
  async login(
    @Body() { username, password }: CredentialsInput,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<IssuedToken> {
    const call = callOf(request);
    const from = call === undefined ? {} : { from: call.subject() };
    const attempt = { account: username, address: call?.address ?? 'unknown', ...from };
    const provedAt = this.tokens.stamp();
    const subject = await this.defence.attempt(attempt, () => this.keeper.users!.verify!(username, password));
    // The same for an unknown name and a wrong password.
    if (subject === undefined) {
      throw new SecurityError('unauthenticated', { reason: 'login_failed', headers: CHALLENGE, recorded: true });
    }
    return this.cookie.send(response, await this.tokens.issue({ amr: ['pwd'], ...subject, provedAt }, { request }));
  }
}
