/** What the documentation of Nest puts together: passport-jwt, throttler, helmet, validation, serializer, a roles guard. */

import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  Module,
  Param,
  Post,
  SerializeOptions,
  SetMetadata,
  ValidationPipe,
  type CanActivate,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { AUDIENCE, credentials, ISSUER, publicKeyObject, type Algorithm } from './credentials.js';
import { createUser, findUser, NewUser, UserView, type User } from './users.js';

const Roles = (...roles: string[]): MethodDecorator & ClassDecorator => SetMetadata('roles', roles);

interface Payload {
  readonly sub: string;
  readonly roles: readonly string[];
}

@Injectable()
class RolesGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const required = this.reflector.getAllAndOverride<string[]>('roles', [context.getHandler(), context.getClass()]);
    if (!required) return true;
    const { user } = context.switchToHttp().getRequest<{ user: Payload }>();
    if (!required.some((role) => user.roles.includes(role))) throw new ForbiddenException();
    return true;
  }
}

/** Counts per caller and forgets after a second, which is kind to it: its cost grows with the hits in the window. */
@Injectable()
class CallerThrottlerGuard extends ThrottlerGuard {
  protected override getTracker(request: Record<string, unknown>): Promise<string> {
    return Promise.resolve((request.headers as Record<string, string>).authorization!);
  }
}

@Controller('users')
class UsersController {
  @Get(':id')
  @Roles('user')
  @SerializeOptions({ type: UserView })
  find(@Param('id') id: string): User {
    return findUser(id);
  }

  @Post()
  @Roles('user')
  @SerializeOptions({ type: UserView })
  create(@Body() input: NewUser): User {
    return createUser(input);
  }
}

/** @param tuned keys imported once; as the documentation has it, the secret is a text that is looked at for each token. */
export function docsModule(algorithm: Algorithm, tuned: boolean): Type {
  @Injectable()
  class JwtStrategy extends PassportStrategy(Strategy) {
    constructor() {
      super({
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        ignoreExpiration: false,
        // Typed as text or bytes; what is below has always taken key objects as well.
        secretOrKey: keyFor(algorithm, tuned) as string,
        algorithms: [algorithm],
        issuer: ISSUER,
        audience: AUDIENCE,
      });
    }

    validate(payload: Payload): Payload {
      return payload;
    }
  }

  @Module({
    imports: [PassportModule, ThrottlerModule.forRoot([{ ttl: 1000, limit: 1_000_000 }])],
    controllers: [UsersController],
    providers: [
      JwtStrategy,
      { provide: APP_GUARD, useClass: CallerThrottlerGuard },
      { provide: APP_GUARD, useClass: AuthGuard('jwt') },
      { provide: APP_GUARD, useClass: RolesGuard },
      { provide: APP_INTERCEPTOR, useClass: ClassSerializerInterceptor },
      {
        provide: APP_PIPE,
        useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
      },
    ],
  })
  class DocsModule {}
  return DocsModule;
}

function keyFor(algorithm: Algorithm, tuned: boolean): string | KeyObject {
  const { secret, publicKey } = credentials();
  if (algorithm === 'HS256') return tuned ? createSecretKey(secret, 'utf8') : secret;
  return tuned ? publicKeyObject() : publicKey;
}
