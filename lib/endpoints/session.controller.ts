/** Ready routes around a login: refresh, log out, log out everywhere, list. */

import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { CurrentPrincipal } from '../authentication/current-principal.decorator.js';
import type { IssuedToken } from '../authentication/jwt/issued-token.js';
import { TokenService } from '../authentication/jwt/token.service.js';
import { Public } from '../authentication/public.decorator.js';
import { RefreshCookie } from '../authentication/sessions/refresh-cookie.js';
import { SecurityError } from '../core/errors.js';
import type { Principal } from '../core/principal.js';
import type { HttpRequest, HttpResponse } from '../core/transport.js';
import { Returns } from '../responses/returns.decorator.js';
import { LogoutAllInput, RefreshInput } from './session.input.js';
import { SessionView, TokensView } from './session.view.js';

const CHALLENGE = Object.freeze({ 'WWW-Authenticate': 'Bearer' });

/** Mounted by `sessions: { controller: true }`, or listed among the controllers of a module. */
@Controller('auth')
export class SessionController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(RefreshCookie) private readonly cookie: RefreshCookie,
  ) {}

  /** Send no access token along: an expired one would be refused, here as everywhere. */
  @Post('refresh')
  @HttpCode(200)
  @Public('the refresh token is the credential')
  @Returns(TokensView)
  async refresh(
    @Body() input: RefreshInput,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<IssuedToken> {
    const token = this.cookie.tokenFrom(request, input.refresh_token) ?? '';
    try {
      return this.cookie.send(response, await this.tokens.refresh(token, { request }));
    } catch (error) {
      if (error instanceof SecurityError && error.code === 'invalid_token') this.cookie.clear(response);
      throw error;
    }
  }

  /** By access token, refresh token or both: with an expired access token one can still log out. */
  @Post('logout')
  @HttpCode(204)
  @Public('the refresh token may be all that is left of the session')
  async logout(
    @CurrentPrincipal() principal: Principal | undefined,
    @Body() input: RefreshInput,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<void> {
    const token = this.cookie.tokenFrom(request, input.refresh_token);
    // A token of somebody else may have neither: there is nothing to know it by, nor to end.
    const isNamed = principal?.sessionId !== undefined || principal?.credentialId !== undefined;
    if (!isNamed && token === undefined) {
      throw new SecurityError('unauthenticated', { reason: 'no_session', headers: CHALLENGE });
    }
    if (isNamed) await this.tokens.revoke(principal!, request);
    if (token?.startsWith('bwr_')) await this.tokens.revoke(token, request);
    this.cookie.clear(response);
  }

  @Post('logout-all')
  @HttpCode(204)
  async logoutAll(
    @CurrentPrincipal() { id, sessionId }: Principal,
    @Body() input: LogoutAllInput,
    @Req() request: HttpRequest,
    @Res({ passthrough: true }) response: HttpResponse,
  ): Promise<void> {
    const keeps = input.keep_current === true && sessionId !== undefined;
    await this.tokens.revokeAll(id, keeps ? { except: sessionId } : {}, request);
    if (!keeps) this.cookie.clear(response);
  }

  @Get('sessions')
  @Returns([SessionView])
  async sessions(@CurrentPrincipal() principal: Principal): Promise<SessionView[]> {
    const sessions = await this.tokens.sessions(principal.id);
    return sessions.map(({ id, device, createdAtMs, lastUsedAtMs }) => ({
      id,
      device: device ?? 'unknown',
      createdAt: new Date(createdAtMs),
      lastUsedAt: new Date(lastUsedAtMs),
      current: id === principal.sessionId,
    }));
  }
}
