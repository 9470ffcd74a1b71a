/** How does a browser keep a refresh token? In a cookie that no script, no other host and no other site gets at. */

import { Inject, Injectable } from '@nestjs/common';
import { rawRequest, rawResponse, type HttpRequest, type HttpResponse } from '../../core/transport.js';
import type { IssuedToken } from '../jwt/issued-token.js';
import { SESSIONS_SETTINGS, type SessionsSettings } from './sessions.options.js';

/** ASVS 3.3.1 to 3.3.4. `__Host-` wants Secure, Path=/ and no Domain. */
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/**
 * Carries refresh tokens for controllers that issue them. Where `security.sessions.cookie` is off it leaves all as it is.
 *
 * @example
 * return this.cookie.send(response, await this.tokens.issue(user)); // the token is in the cookie, not in the body
 */
@Injectable()
export class RefreshCookie {
  constructor(@Inject(SESSIONS_SETTINGS) private readonly settings: SessionsSettings) {}

  /** Is it a cookie that carries refresh tokens? Then none is read from a body. */
  get isOn(): boolean {
    return this.settings.cookieName !== undefined;
  }

  /** Puts the refresh token into the cookie, and answers the rest for the body. */
  send(response: HttpResponse, issued: IssuedToken): IssuedToken {
    const { cookieName, idleMs } = this.settings;
    const { refreshToken, ...rest } = issued;
    if (cookieName === undefined || refreshToken === undefined) return issued;
    setCookie(response, `${cookieName}=${refreshToken}; Max-Age=${Math.floor(idleMs / 1000)}; ${ATTRIBUTES}`);
    return rest;
  }

  /** The refresh token of a request: from the cookie where that is on, else what the body says. */
  tokenFrom(request: HttpRequest, fromBody: string | null | undefined): string | undefined {
    const { cookieName } = this.settings;
    return cookieName === undefined
      ? (fromBody ?? undefined)
      : cookieOf(rawRequest(request).headers.cookie, cookieName);
  }

  /** Takes the cookie away. */
  clear(response: HttpResponse): void {
    const { cookieName } = this.settings;
    if (cookieName !== undefined) setCookie(response, `${cookieName}=; Max-Age=0; ${ATTRIBUTES}`);
  }
}

/**
 * The value of a cookie (RFC 6265 §5.4). Undefined where there is none, or two that differ: somebody set one over the
 * other, and nobody can tell which is the right one.
 */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  let found: string | undefined;
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    if (found !== undefined && found !== value) return undefined;
    found = value;
  }
  return found === '' ? undefined : found;
}

/** Beside the cookies of others, which stay. */
function setCookie(response: HttpResponse, text: string): void {
  const raw = rawResponse(response);
  if (!isReply(response)) return void raw.appendHeader('Set-Cookie', text);
  // Fastify's own headers replace the raw ones of their name when they are sent, so that all cookies have to be there.
  const kept = raw.getHeader('Set-Cookie') ?? [];
  raw.removeHeader('Set-Cookie');
  for (const cookie of [kept, text].flat()) response.header('set-cookie', String(cookie));
}

/** Fastify's response: it keeps headers itself, and adds a cookie to those before it. */
function isReply(response: HttpResponse): response is HttpResponse & { header(name: string, value: string): unknown } {
  return response.raw !== undefined && typeof (response as { header?: unknown }).header === 'function';
}
