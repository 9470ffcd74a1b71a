/** An API whose tokens come from elsewhere, on a real port, with a clock that goes and can be put forward. */

import { Controller, Get } from '@nestjs/common';
import { expect } from 'vitest';
import { CurrentPrincipal, Public, Returns, Scopes, type IssuerOptions, type Principal } from '../../lib/index.js';
import { bootApp, type Platform, type TestApp, type TestAppInit } from '../app.js';
import { API, type TestProvider } from './provider.js';

/** A provider dates its tokens by the real time: so does this, until it is put forward. */
export class MovedClock {
  private movedMs = 0;
  now = (): number => Date.now() + this.movedMs;
  advance(ms: number): void {
    this.movedMs += ms;
  }
}

@Controller()
export class ResourceController {
  @Get('me')
  @Returns(Object)
  me(@CurrentPrincipal() { id, scheme, roles, scopes, tenant, expiresAtMs }: Principal) {
    return { id, scheme, roles, scopes, tenant, expires: expiresAtMs !== undefined };
  }

  @Get('orders')
  @Scopes('orders:read')
  @Returns(String)
  orders() {
    return 'orders';
  }

  @Get('invoices')
  @Scopes('invoices:read')
  @Returns(String)
  invoices() {
    return 'invoices';
  }

  @Get('hello')
  @Public('greets everybody')
  @Returns(String)
  hello(@CurrentPrincipal() caller?: Principal) {
    return `Hello ${caller?.id ?? 'stranger'}`;
  }
}

/** The options for a provider on loopback. */
export function issuerOptions(
  provider: Pick<TestProvider, 'issuer' | 'host'>,
  more: Partial<IssuerOptions> = {},
): IssuerOptions {
  return {
    issuer: provider.issuer,
    audience: API,
    dangerouslyAllowPrivate: [provider.host],
    dangerouslyAllowHttp: true,
    ...more,
  };
}

export interface ResourceApp extends Omit<TestApp, 'clock'> {
  readonly clock: MovedClock;
  /** `GET /me` with this token. */
  me(token: string): ReturnType<TestApp['send']>;
}

export async function bootResource(platform: Platform, { security, ...init }: TestAppInit = {}): Promise<ResourceApp> {
  const clock = new MovedClock();
  const t = await bootApp({
    platform,
    controllers: [ResourceController],
    ...init,
    security: { clock, ...security },
  });
  return { ...t, clock, me: (token) => t.send('GET /me', { token }) };
}

/** A refusal as clients see it, whatever the cause. */
export const REFUSED = {
  status: 401,
  headers: expect.objectContaining({ 'www-authenticate': expect.stringContaining('error="invalid_token"') }),
  body: { type: 'about:blank', title: 'Valid credentials are required.', status: 401 },
} as const;

/** Why the last credential was refused, as the log has it. */
export function lastReason({ events }: Pick<TestApp, 'events'>): string | undefined {
  const refused = events.findLast((event) => event.kind === 'credential_refused');
  return refused?.kind === 'credential_refused' ? refused.reason : undefined;
}
