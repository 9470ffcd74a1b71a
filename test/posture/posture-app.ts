/** An app that has one of everything that the page shows, and clients of every kind. */

import { Body, Controller, Get, Param, Post, Query, Req } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  Deprecated,
  OwnedBy,
  perHour,
  Policies,
  Public,
  RateLimit,
  Returns,
  Roles,
  Scopes,
  secureApp,
  SensitiveFlow,
  StepUp,
} from '../../lib/index.js';
import { bootApp, type Platform, type TestApp } from '../app.js';

class UserView {
  id!: string;
  name!: string;
}

class RegisterInput {
  @IsString() name!: string;
}

const isAdult = (): boolean => true;

@Controller()
class ShopController {
  @Get('health')
  @Public('load balancers ask without credentials')
  @Returns(String)
  health(): string {
    return 'ok';
  }

  @Get('users/:userId')
  @OwnedBy({ param: 'userId', bypass: ['support'] })
  @Returns(UserView)
  user(@Param('userId') id: string): UserView {
    return { id, name: id };
  }

  @Get('orders/:id')
  @Returns(UserView)
  order(@Param('id') id: string): UserView {
    return { id, name: id };
  }

  @Get('search')
  search(@Query('q') q: string): object {
    return { q };
  }

  @Get('v1/users')
  @Roles('moderator', 'admin')
  @Deprecated({ since: '2025-06-01', sunset: '2026-07-01', successor: '/v2/users' })
  @Returns([UserView])
  users(): UserView[] {
    return [];
  }

  @Get('v1/status')
  @Public()
  @Deprecated({ since: '2025-06-01' })
  @Returns(String)
  status(): string {
    return 'fine';
  }

  @Post('register')
  @Public('nobody has an account before this')
  @SensitiveFlow('register', { limit: perHour(5), by: 'address' })
  @Returns(UserView)
  register(@Body() { name }: RegisterInput): UserView {
    return { id: '1', name };
  }

  @Post('transfer')
  @Scopes('money:move')
  @Policies(isAdult)
  @StepUp({ maxAge: 300 })
  @RateLimit({ limit: 2, per: 'minute' })
  @Returns(String)
  transfer(@Req() _request: unknown): string {
    return 'moved';
  }
}

/** The same in every test: served at `/security` to admins. */
export function bootPostureApp(platform: Platform, init: Parameters<typeof bootApp>[0] = {}): Promise<TestApp> {
  return bootApp({
    platform,
    controllers: [ShopController],
    prepare: (app) => secureApp(app),
    ...init,
    security: { posture: { roles: ['admin'] }, audit: { sinks: [] }, ...init.security },
  });
}
