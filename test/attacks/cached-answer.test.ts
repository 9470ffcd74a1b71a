/** An interceptor that remembers answers hands one caller what another one was allowed to see. */

import {
  Controller,
  Get,
  Injectable,
  Module,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { of, tap } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Public, Returns, secureApp, VisibleTo } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

class AccountView {
  id!: string;
  @VisibleTo('admin')
  secret!: string;
}

@Controller()
class AccountController {
  @Get('account')
  @Returns(AccountView)
  read() {
    return { id: '1', secret: 'S3CRET' };
  }
  @Get('open')
  @Public()
  @Returns(String)
  open() {
    return 'open';
  }
}

@Injectable()
class CachingInterceptor implements NestInterceptor {
  #cached: unknown;
  intercept(_context: ExecutionContext, next: CallHandler) {
    return this.#cached === undefined ? next.handle().pipe(tap((answer) => (this.#cached = answer))) : of(this.#cached);
  }
}

const callers: unknown[] = [];

@Injectable()
class WatchingGuard {
  canActivate(context: ExecutionContext) {
    callers.push(context.switchToHttp().getRequest<{ user?: { id: string } }>().user?.id);
    return true;
  }
}

@Module({
  providers: [
    { provide: APP_INTERCEPTOR, useClass: CachingInterceptor },
    { provide: APP_GUARD, useClass: WatchingGuard },
  ],
})
class CachingModule {}

let t: TestApp;
afterEach(() => t.close());

describe.each(PLATFORMS)('an app that caches answers on %s', (platform) => {
  it.each(['before', 'imports'] as const)('shows nobody the fields of another caller (module in %s)', async (order) => {
    t = await bootApp({
      platform,
      controllers: [AccountController],
      [order]: [CachingModule],
      prepare: (app) => secureApp(app),
    });
    callers.length = 0;
    const admin = await t.send('GET /account', { token: await tokenFor('ada', { roles: ['admin'] }) });
    expect(admin.body).toEqual({ id: '1', secret: 'S3CRET' });
    const user = await t.send('GET /account', { token: await tokenFor('alice') });
    expect(user.body).toEqual({ id: '1' });
    // Guards of the app come after ours, whatever the order of imports: they can rely on the caller.
    expect(callers).toEqual(['ada', 'alice']);
  });
});
