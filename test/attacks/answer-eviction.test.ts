/** Somebody fills the memory for answers, so that others forget what they paid, and pay again. */

import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryIdempotencyStore, SensitiveFlow } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';

let runs: string[] = [];

@Controller()
class PaymentController {
  @Post('pay')
  @HttpCode(200)
  @SensitiveFlow('pay', { idempotencyKey: true })
  pay(@Body() { bytes }: { bytes: number }): string {
    runs.push('run');
    return 'x'.repeat(bytes);
  }
}

describe.each(PLATFORMS)('pushing out the answers of others on %s', (platform) => {
  let t: TestApp;
  beforeEach(() => {
    runs = [];
  });
  afterEach(() => t.close());

  const boot = async (store: MemoryIdempotencyStore) => {
    t = await bootApp({ platform, controllers: [PaymentController], security: { flows: { idempotency: { store } } } });
    const tokens = { alice: await tokenFor('alice'), mallory: await tokenFor('mallory') };
    return (who: keyof typeof tokens, key: string, bytes = 1) =>
      t.send('POST /pay', { token: tokens[who], body: { bytes }, headers: { 'idempotency-key': key } });
  };

  it('fails by number: who has the most gives way', async () => {
    const pay = await boot(new MemoryIdempotencyStore({ maxAnswers: 5 }));
    const first = await pay('alice', 'alice-1');
    for (let key = 0; key < 20; key++) expect((await pay('mallory', `mallory-${key}`)).status).toBe(200);
    expect(runs).toHaveLength(21);
    expect(await pay('alice', 'alice-1')).toMatchObject({ status: 200, text: first.text });
    expect((await pay('mallory', 'mallory-19')).headers['idempotency-replayed']).toBe('true');
    expect(runs).toHaveLength(21);
  });

  it('fails by size: the answer of who has the most is forgotten, and that there was one is not', async () => {
    const pay = await boot(new MemoryIdempotencyStore({ maxBytes: 1000 }));
    await pay('alice', 'alice-1', 100);
    for (let key = 0; key < 20; key++) await pay('mallory', `mallory-${key}`, 300);
    expect(runs).toHaveLength(21);
    expect(await pay('alice', 'alice-1', 100)).toMatchObject({
      status: 200,
      headers: { 'idempotency-replayed': 'true' },
    });
    const lost = await pay('mallory', 'mallory-0', 300);
    expect(lost.status).toBe(409);
    expect(lost.body.title).toBe('This was done already, and its answer was not kept.');
    expect((await pay('mallory', 'mallory-19', 300)).status).toBe(200);
    expect(runs).toHaveLength(21);
  });
});
