/** The same app behind this library: every stage on, the defaults unless a benchmark would run into them. */

import { Body, Controller, Get, Module, Param, Post, type Type } from '@nestjs/common';
import { perHour, perMinute, Returns, Roles, SecurityModule, type SecurityOptions } from '../../lib/index.js';
import { AUDIENCE, credentials, ISSUER, type Algorithm } from './credentials.js';
import { createUser, findUser, NewUser, UserView, type User } from './users.js';

@Controller('users')
class UsersController {
  @Get(':id')
  @Roles('user')
  @Returns(UserView)
  find(@Param('id') id: string): User {
    return findUser(id);
  }

  @Post()
  @Roles('user')
  @Returns(UserView)
  create(@Body() input: NewUser): User {
    return createUser(input);
  }
}

export function ourOptions(algorithm: Algorithm, more: Partial<SecurityOptions> = {}): SecurityOptions {
  const { secret, publicKey } = credentials();
  return {
    edge: { https: 'off' },
    roles: { hierarchy: { admin: ['user'], user: [], guest: [] } },
    // Limits that a benchmark does not reach; `tiny` is the one that it is meant to.
    throttling: {
      tiers: { authenticated: perMinute(1_000_000), tiny: perHour(1) },
      address: perMinute(1_000_000_000),
    },
    ...more,
    jwt: {
      issuer: ISSUER,
      audience: AUDIENCE,
      ...(algorithm === 'HS256' ? { secret } : { publicKey }),
      ...more.jwt,
    },
  };
}

/** With the address limit as it is by default: a hundred failures a minute, then nothing is verified any more. */
export const GATED: SecurityOptions = { throttling: { tiers: { authenticated: perMinute(1_000_000) } } };

export function ourModule(options: SecurityOptions, imports: readonly Type[] = []): Type {
  @Module({ imports: [SecurityModule.forRoot(options), ...imports], controllers: [UsersController] })
  class OursModule {}
  return OursModule;
}
