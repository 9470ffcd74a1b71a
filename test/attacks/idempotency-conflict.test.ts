import { Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Public, SensitiveFlow, TokenService } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Sent, type TestApp } from '../app.js';

let runs = 0;

@Controller()
class TransferController {
  @Post('transfers')
  @HttpCode(200)
  @SensitiveFlow('transfer', { idempotencyKey: true })
  transfer(@Query('dry') _dry?: string): string {
    return `transfer ${++runs}`;
  }

  @Post('accounts/:id/transfers')
  @HttpCode(200)
  @SensitiveFlow('transfer-from', { idempotencyKey: true })
  transferFrom(@Param('id') id: string): string {
    return `transfer ${++runs} from ${id}`;
  }

  @Post('votes')
  @HttpCode(200)
  @Public('tests')
  @SensitiveFlow('vote', { idempotencyKey: true })
  vote(): string {
    return `vote ${++runs}`;
  }
}

describe.each(PLATFORMS)('another request under a used key on %s', (platform) => {
  let t: TestApp;
  let token: string;
  let serial = 0;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [TransferController] });
    ({ accessToken: token } = await t.app.get(TokenService).issue({ id: 'alice' }));
  });
  beforeEach(() => {
    t.events.length = 0;
    serial++;
    runs = 0;
  });
  afterAll(() => t.close());

  const send = (line: string, sent: Sent = {}) =>
    t.send(line, { token, ...sent, headers: { 'idempotency-key': `key-${serial}`, ...sent.headers } });
  const json = (body: string): Sent => ({ body, headers: { 'content-type': 'application/json' } });

  it('is refused, and neither runs nor shows the first answer', async () => {
    expect((await send('POST /transfers', { body: { to: 'bob', amount: 1 } })).text).toBe('transfer 1');
    const refused = await send('POST /transfers', { body: { to: 'mallory', amount: 1 } });
    expect(refused.status).toBe(422);
    expect(refused.headers['content-type']).toBe('application/problem+json');
    expect(refused.body).toEqual({
      type: 'about:blank',
      title: 'This key was used for another request.',
      status: 422,
    });
    expect(t.events.at(-1)).toMatchObject({
      kind: 'access_refused',
      stage: 'sensitive-flow',
      code: 'idempotency_conflict',
      reason: 'key_of_other_request',
    });
    expect(runs).toBe(1);
    expect((await send('POST /transfers', { body: { to: 'bob', amount: 1 } })).text).toBe('transfer 1');
  });

  it.each<[string, Sent, Sent]>([
    ['a body where there was none', {}, { body: {} }],
    ['an empty object for an empty list', { body: {} }, { body: [] }],
    ['a number for its text', { body: { amount: 1 } }, { body: { amount: '1' } }],
    ['null for a missing field', { body: {} }, { body: { amount: null } }],
    ['lists nested another way', { body: [[1], 2] }, { body: [[1, 2]] }],
    ['another order in a list', { body: [1, 2] }, { body: [2, 1] }],
    ['what looks the same in text', { body: { a: '1,b:2' } }, { body: { a: '1', b: '2' } }],
    ['a field in place of a nested one', { body: { a: { b: 1 } } }, { body: { a: {}, b: 1 } }],
    ['a key that is like another', { body: { 'a:1': 2 } }, { body: { a: '1:2' } }],
    ['a captcha one level down', { body: { a: { captchaToken: '1' } } }, { body: { a: { captchaToken: '2' } } }],
    [
      'form fields in place of JSON',
      { body: { a: ['1'] } },
      { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
  ])('is seen in %s', async (_what, first, second) => {
    const { status } = await send('POST /transfers', first);
    expect(status).toBe(200);
    expect((await send('POST /transfers', second)).status).toBe(422);
    expect(runs).toBe(1);
  });

  it('is seen in numbers that JSON has no words for', async () => {
    const bodies = ['{"a":1e400}', '{"a":-1e400}', '{"a":null}', '{"a":"Infinity"}', '{"a":"1e400"}'];
    expect((await send('POST /transfers', json(bodies[0]!))).text).toBe('transfer 1');
    for (const body of bodies.slice(1)) expect((await send('POST /transfers', json(body))).status, body).toBe(422);
    expect((await send('POST /transfers', json('{"a":1e500}'))).text).toBe('transfer 1');
    expect(runs).toBe(1);
  });

  it('is seen in the target: a query, another object', async () => {
    expect((await send('POST /transfers?dry=1')).text).toBe('transfer 1');
    expect((await send('POST /transfers')).status).toBe(422);
    expect((await send('POST /accounts/1/transfers')).text).toBe('transfer 2 from 1');
    expect((await send('POST /accounts/2/transfers')).status).toBe(422);
    expect((await send('POST /accounts/%31/transfers')).status).toBe(422);
  });

  it('is none on another route: keys are each route’s own', async () => {
    expect((await send('POST /transfers')).text).toBe('transfer 1');
    expect((await send('POST /accounts/1/transfers')).text).toBe('transfer 2 from 1');
  });

  it('cannot lock anybody else out of their key', async () => {
    const { accessToken: mallory } = await t.app.get(TokenService).issue({ id: 'mallory' });
    expect((await send('POST /transfers', { token: mallory, body: { a: 1 } })).text).toBe('transfer 1');
    expect((await send('POST /transfers', { body: { a: 2 } })).text).toBe('transfer 2');
    // Not even under a name that reads like an address.
    const { accessToken: odd } = await t.app.get(TokenService).issue({ id: '127.0.0.1' });
    expect((await send('POST /votes', { token: odd })).text).toBe('vote 3');
    expect((await send('POST /votes', { token: undefined })).text).toBe('vote 4');
  });

  it('is judged without falling over: a body as deep as it is long', async () => {
    for (const body of ['['.repeat(20_000) + ']'.repeat(20_000), `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`]) {
      expect((await send('POST /transfers', json(body))).status).toBe(400);
    }
    expect(runs).toBe(0);
  });

  it('is not guessed: what no parser has read cannot be compared', async () => {
    const sent = { body: 'to=bob', headers: { 'content-type': 'application/octet-stream' } };
    expect((await send('POST /transfers', sent)).status).toBe(415);
    expect(runs).toBe(0);
  });
});
