import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { solveProofOfWork } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { openShop, type Shop } from './shop.js';

const CAROL = { username: 'carol', email: 'carol@example.com', password: 'Tr4vel-light-by-Train', age: 30 };

describe.each(PLATFORMS)('the sensitive flows of the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    process.env.SHOP_CAPTCHA = 'pow';
    try {
      shop = await openShop(platform);
    } finally {
      delete process.env.SHOP_CAPTCHA;
    }
  });
  afterAll(() => shop.close());

  it('let people register who bring the work, once each', async () => {
    const refused = await shop.send('POST /auth/register', { body: CAROL });
    expect(refused).toMatchObject({
      status: 403,
      body: { challenge: { flow: 'register', captcha: 'proof-of-work' } },
    });
    const { challenge } = (await shop.send('GET /captcha/challenge?flow=register')).body;
    const body = { ...CAROL, captchaToken: await solveProofOfWork(challenge) };
    expect((await shop.send('POST /auth/register', { body })).status).toBe(201);
    const again = { ...body, username: 'dave', email: 'dave@example.com' };
    expect((await shop.send('POST /auth/register', { body: again })).status).toBe(403);
  });

  it('take a payment once, and show it again to who asks again', async () => {
    const order = await shop.as('bob', 'POST /orders', { body: { total: 19.99 } });
    const pay = (total: number, key?: string) =>
      shop.as('bob', 'POST /checkout', {
        body: { order_id: order.body.id, total },
        ...(key !== undefined && { headers: { 'idempotency-key': `"${key}"` } }),
      });
    const first = await pay(19.99, 'key-1');
    expect(first).toMatchObject({ status: 200, body: { status: 'paid' } });
    const again = await pay(19.99, 'key-1');
    expect(again).toMatchObject({ status: 200, text: first.text, headers: { 'idempotency-replayed': 'true' } });
    expect((await pay(1, 'key-1')).status).toBe(422);
    expect((await pay(19.99)).status).toBe(409);
  });
});
