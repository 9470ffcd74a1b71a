/** Somebody has lost a role, or never gave a second factor, and reads what was answered before by its idempotency key. */

import { Controller, HttpCode, Post } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Returns, SensitiveFlow, VisibleTo } from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { tokenFor, type TokenInit } from '../tokens.js';

class PaymentView {
  id!: number;

  @VisibleTo('admin')
  account?: string;
}

let runs = 0;

@Controller()
@Returns(PaymentView)
class PaymentController {
  @Post('pay')
  @HttpCode(200)
  @SensitiveFlow('pay', { idempotencyKey: true })
  pay() {
    return { id: ++runs, account: 'DE02 1203 0000 0000 2020 51' };
  }
}

describe.each(PLATFORMS)('an answer that was given to more rights on %s', (platform) => {
  let t: TestApp;
  beforeEach(async () => {
    runs = 0;
    t = await bootApp({ platform, controllers: [PaymentController] });
  });
  afterEach(() => t.close());

  const pay = async (claims: TokenInit) =>
    t.send('POST /pay', { token: await tokenFor('alice', claims), headers: { 'idempotency-key': 'key-1' } });

  it.each<[string, TokenInit, TokenInit]>([
    ['a role that was lost', { roles: ['user', 'admin'] }, { roles: ['user'] }],
    ['a role that was gained', { roles: ['user'] }, { roles: ['user', 'admin'] }],
    ['a scope', { scope: 'pay read' }, { scope: 'pay' }],
    ['a second factor', { amr: ['pwd', 'otp'] }, { amr: ['pwd'] }],
    ['any word of how they logged in', { amr: ['pwd'] }, {}],
    ['a level of assurance', { acr: 'high' }, { acr: 'low' }],
    ['roles that read alike', { roles: ['a', 'b'] }, { roles: ['a,b'] }],
  ])('is neither shown nor worked out anew without %s', async (_what, first, then) => {
    expect((await pay(first)).body).toMatchObject({ id: 1 });
    const refused = await pay(then);
    expect(refused.status).toBe(422);
    expect(refused.body).toEqual({
      type: 'about:blank',
      title: 'This key was used for another request.',
      status: 422,
    });
    expect(runs).toBe(1);
    expect((await pay(first)).headers['idempotency-replayed']).toBe('true');
  });

  it('is shown to the same rights: in another order, by another token, after another login', async () => {
    const first = await pay({ roles: ['user', 'admin'], amr: ['pwd', 'otp'], sid: 's1', jti: 'a' });
    expect(first.body).toEqual({ id: 1, account: 'DE02 1203 0000 0000 2020 51' });
    const again = await pay({
      roles: ['admin', 'user'],
      amr: ['otp', 'pwd'],
      sid: 's2',
      jti: 'b',
      auth_time: START_MS / 1000 - 5,
    });
    expect(again).toMatchObject({ status: 200, text: first.text, headers: { 'idempotency-replayed': 'true' } });
    expect(runs).toBe(1);
  });
});
