/** The least that Nest's own hooks allow for the same protections: one guard and one interceptor, written for one route. */

import { createHmac, hash, timingSafeEqual, verify, type KeyObject } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  Module,
  Param,
  Post,
  UnauthorizedException,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import { answerOf } from './bare.js';
import { AUDIENCE, credentials, ISSUER, publicKeyObject, type Algorithm } from './credentials.js';
import { createUser, findUser, NewUser, type User } from './users.js';

interface Claims {
  readonly sub: string;
  readonly iss: string;
  readonly aud: string;
  readonly exp: number;
  readonly iat: number;
  readonly roles: readonly string[];
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const CAPACITY = 1_000_000;
const PER_MS = CAPACITY / 60_000;

/** As many headers as the library sends, from a frozen list. */
export const HEADERS: readonly (readonly [string, string])[] = Object.freeze([
  ['Content-Security-Policy', "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'"],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Origin-Agent-Cluster', '?1'],
  ['Referrer-Policy', 'no-referrer'],
  ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-DNS-Prefetch-Control', 'off'],
  ['X-Download-Options', 'noopen'],
  ['X-Frame-Options', 'DENY'],
  ['X-Permitted-Cross-Domain-Policies', 'none'],
  ['X-XSS-Protection', '0'],
  [
    'Permissions-Policy',
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()',
  ],
  ['Cache-Control', 'no-store'],
]);

@Controller('users')
class UsersController {
  @Get(':id')
  find(@Param('id') id: string): User {
    return findUser(id);
  }

  @Post()
  create(@Body() input: NewUser): User {
    return createUser(input);
  }
}

@Injectable()
class FieldInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<User>): Observable<unknown> {
    return next.handle().pipe(map(answerOf));
  }
}

export type FloorMode = 'remembered' | 'each';

/** @param piped with a global pipe besides, which lets everything pass: what Nest takes for having one at all. */
export function floorModule(algorithm: Algorithm, mode: FloorMode, piped = false): Type {
  const check = algorithm === 'HS256' ? hmacCheck(credentials().secret) : ecdsaCheck(publicKeyObject());
  const known = new Map<string, Claims>();

  function read(token: string): Claims {
    const second = token.lastIndexOf('.');
    if (!check(token.slice(0, second), token.slice(second + 1))) throw new UnauthorizedException();
    const payload = Buffer.from(token.slice(token.indexOf('.') + 1, second), 'base64url').toString();
    const claims = JSON.parse(payload) as Claims;
    if (claims.iss !== ISSUER || claims.aud !== AUDIENCE) throw new UnauthorizedException();
    return claims;
  }

  function recall(token: string): Claims {
    const digest = hash('sha256', token, 'base64');
    let claims = known.get(digest);
    if (claims === undefined) known.set(digest, (claims = read(token)));
    return claims;
  }

  @Injectable()
  class FloorGuard implements CanActivate {
    readonly #buckets = new Map<string, Bucket>();

    canActivate(context: ExecutionContext): boolean {
      const http = context.switchToHttp();
      const request = http.getRequest<{ headers: { authorization?: string }; user?: unknown }>();
      const response = http.getResponse<{ raw?: ServerResponse } & ServerResponse>();
      const { authorization } = request.headers;
      if (authorization === undefined || !authorization.startsWith('Bearer ')) throw new UnauthorizedException();
      const token = authorization.slice(7);
      const claims = mode === 'remembered' ? recall(token) : read(token);
      const nowMs = Date.now();
      if (claims.exp * 1000 <= nowMs) throw new UnauthorizedException();
      const left = this.#take(claims.sub, nowMs);
      const raw = response.raw ?? response;
      for (const [name, value] of HEADERS) raw.setHeader(name, value);
      raw.setHeader('RateLimit-Policy', '"user";q=1000000;w=60');
      raw.setHeader('RateLimit', `"user";r=${left}`);
      if (!claims.roles.includes('user')) throw new ForbiddenException();
      request.user = claims;
      return true;
    }

    #take(caller: string, nowMs: number): number {
      let bucket = this.#buckets.get(caller);
      if (bucket === undefined) this.#buckets.set(caller, (bucket = { tokens: CAPACITY, atMs: nowMs }));
      bucket.tokens = Math.min(CAPACITY, bucket.tokens + (nowMs - bucket.atMs) * PER_MS);
      bucket.atMs = nowMs;
      if (bucket.tokens < 1) throw new HttpException('Too Many Requests', 429);
      bucket.tokens--;
      return Math.floor(bucket.tokens);
    }
  }

  @Module({
    controllers: [UsersController],
    providers: [
      { provide: APP_GUARD, useClass: FloorGuard },
      { provide: APP_INTERCEPTOR, useClass: FieldInterceptor },
      ...(piped ? [{ provide: APP_PIPE, useValue: { transform: (value: unknown) => value } }] : []),
    ],
  })
  class FloorModule {}
  return FloorModule;
}

type SignatureCheck = (signed: string, signature: string) => boolean;

function hmacCheck(secret: string): SignatureCheck {
  return (signed, signature) => {
    const expected = createHmac('sha256', secret).update(signed).digest();
    const given = Buffer.from(signature, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

function ecdsaCheck(key: KeyObject): SignatureCheck {
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  return (signed, signature) => verify('sha256', Buffer.from(signed), options, Buffer.from(signature, 'base64url'));
}
