/** A receiver that sends a signed webhook elsewhere: to a machine inside, or to somebody who should not read it. */

import { afterEach, expect, it } from 'vitest';
import { bootSender, SIGN, type SendingApp } from '../outbound/webhook-app.js';
import { openReceiver, type Receiver } from '../outbound/webhook-receiver.js';

let t: SendingApp;
let front: Receiver;
let behind: Receiver;
afterEach(async () => {
  await t.close();
  await front.close();
  await behind.close();
});

it.each([301, 302, 303, 307, 308])('a webhook does not follow a %i, and is not sent again', async (status) => {
  behind = await openReceiver(204);
  front = await openReceiver((response) => response.writeHead(status, { location: behind.url }).end());
  t = await bootSender({
    // Even where the app follows redirects elsewhere, and may reach both.
    redirects: 5,
    schemes: ['http'],
    dangerouslyAllowPrivate: [front.host, behind.host],
    webhooks: { orders: { url: front.url, sign: SIGN } },
  });
  const message = { type: 'order.paid', data: { order_id: 'o1' } };
  const sent = [await t.webhooks.send('orders', message), await t.webhooks.sendTo(front.url, message, { sign: SIGN })];
  for (const { outcome } of sent) {
    expect(await outcome).toMatchObject({ delivered: false, attempts: 1, status, reason: 'redirect' });
  }
  expect([front.received.length, behind.received.length, t.pacing.waiting]).toEqual([2, 0, 0]);
});
