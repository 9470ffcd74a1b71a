/** Guards on single handlers do the same on messages, where the app leaves out the global one. */

import { UseGuards } from '@nestjs/common';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CurrentPrincipal,
  JwtAuthGuard,
  Returns,
  Roles,
  RolesGuard,
  SecurityGuard,
  type Principal,
} from '../../lib/index.js';
import { tokenFor } from '../tokens.js';
import { ALL, bootSockets, type SocketApp } from './app.js';

@WebSocketGateway({ path: '/chat' })
class GuardedGateway {
  @SubscribeMessage('known')
  @UseGuards(JwtAuthGuard)
  @Returns(String)
  known(@CurrentPrincipal() { id }: Principal) {
    return { event: 'known', data: id };
  }

  @SubscribeMessage('admin')
  @UseGuards(JwtAuthGuard, RolesGuard)
  @Roles('admin')
  @Returns(String)
  admin() {
    return { event: 'admin', data: 'welcome' };
  }

  @SubscribeMessage('whole')
  @UseGuards(SecurityGuard)
  @Roles('admin')
  @Returns(String)
  whole() {
    return { event: 'whole', data: 'welcome' };
  }

  @SubscribeMessage('forgotten')
  @Returns(String)
  forgotten() {
    return { event: 'forgotten', data: 'secret' };
  }
}

describe.each(ALL)('guards of single messages, $library on $platform', (where) => {
  let t: SocketApp;
  beforeAll(async () => {
    t = await bootSockets({ ...where, providers: [GuardedGateway], security: { globalGuards: false } });
  });
  afterAll(() => t?.close());

  it('let in and refuse as the pipeline does', async () => {
    const client = await t.open({ token: await tokenFor('alice') });
    expect(await client.ask('known')).toEqual({ event: 'known', data: 'alice' });
    expect((await client.ask('admin')).data).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await client.ask('whole')).data).toMatchObject({ status: 403, code: 'forbidden' });
    const admin = await t.open({ token: await tokenFor('ada', { roles: ['admin'] }) });
    expect((await admin.ask('admin')).data).toBe('welcome');
    expect((await admin.ask('whole')).data).toBe('welcome');
  });

  it('are missed where there are none: what the handler says does not leave', async () => {
    const client = await t.open({ token: await tokenFor('alice') });
    const answer = await client.ask('forgotten');
    expect(answer.data).toMatchObject({ status: 403, code: 'forbidden' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});
