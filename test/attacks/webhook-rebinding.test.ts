/** A customer's webhook whose name points inside when it counts: judged when it was entered, and somewhere else by the second try. */

import { afterEach, describe, expect, it } from 'vitest';
import type { SafeLookup } from '../../lib/outbound/fetch/safe-fetch.options.js';
import { bootSender, SIGN, type SendingApp } from '../outbound/webhook-app.js';
import { openReceiver, type Receiver } from '../outbound/webhook-receiver.js';

let t: SendingApp;
let inside: Receiver;
afterEach(async () => {
  await t.close();
  await inside.close();
});

const MESSAGE = { type: 'order.paid', data: { order_id: 'o1' } };

/** One answer for each look-up, in order; a text is an error. */
function lookups(...answers: readonly (string | readonly string[])[]): {
  readonly lookup: SafeLookup;
  count(): number;
} {
  let count = 0;
  return {
    count: () => count,
    lookup: (_name, _options, callback) => {
      const answer = answers[Math.min(count++, answers.length - 1)]!;
      if (typeof answer === 'string') callback(Object.assign(new Error(answer), { code: answer }), []);
      else
        callback(
          null,
          answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
    },
  };
}

describe('a webhook to a name of a customer', () => {
  it.each([
    ['this machine', ['127.0.0.1']],
    ['this machine, as IPv6', ['::ffff:127.0.0.1']],
    ['a metadata service', ['169.254.169.254']],
    ['a public address and a private one', ['93.184.216.34', '10.0.0.5']],
  ])('is not sent when the name points to %s by the second try', async (_what, addresses) => {
    inside = await openReceiver(204);
    const port = Number(inside.host.split(':')[1]);
    const dns = lookups('SERVFAIL', addresses);
    t = await bootSender({ schemes: ['http'], ports: [port], lookup: dns.lookup });
    const url = `http://hooks.customer.example:${port}/`;
    const { outcome } = await t.webhooks.sendTo(url, MESSAGE, { sign: SIGN });
    expect(await t.pacing.pass()).toBe(5_000);
    expect(await outcome).toMatchObject({ delivered: false, attempts: 2, reason: 'address_refused' });
    expect(dns.count()).toBe(2);
    // By rule, and not by chance: nobody knocks there a third time.
    expect(t.told()).toMatchObject([
      { attempt: 1, final: false, reason: expect.stringMatching(/^dns_failed/) as unknown },
      { attempt: 2, final: true, level: 'warning', reason: expect.stringMatching(/^address_refused/) as unknown },
    ]);
    expect([inside.received.length, t.pacing.waiting]).toEqual([0, 0]);
  });

  it('is judged anew in a queue of the app as well', async () => {
    inside = await openReceiver(204);
    const port = Number(inside.host.split(':')[1]);
    t = await bootSender({ schemes: ['http'], ports: [port], lookup: lookups('EAI_AGAIN', ['127.0.0.1']).lookup });
    const once = () => t.webhooks.deliverOnceTo(`http://hooks.customer.example:${port}/`, MESSAGE, { sign: SIGN });
    expect(await once()).toEqual({ delivered: false, reason: 'dns_failed', retry: true });
    expect(await once()).toEqual({ delivered: false, reason: 'address_refused', retry: false });
    expect(inside.received).toHaveLength(0);
  });
});

describe('a webhook to an endpoint of the app', () => {
  it('is not sent inside either, unless the app has named that host', async () => {
    inside = await openReceiver(204);
    const port = Number(inside.host.split(':')[1]);
    const { lookup } = lookups(['127.0.0.1']);
    const endpoint = (dangerouslyAllowPrivate: string[]) => ({
      url: `http://orders.internal:${port}/`,
      sign: SIGN,
      dangerouslyAllowPrivate,
    });
    t = await bootSender({ lookup, webhooks: { open: endpoint([`orders.internal:${port}`]) } });
    expect(await (await t.webhooks.send('open', MESSAGE)).outcome).toMatchObject({ delivered: true });
    await t.close();
    t = await bootSender({
      lookup,
      ports: [port],
      webhooks: { closed: { url: `https://orders.example.com:${port}/`, sign: SIGN } },
    });
    expect(await (await t.webhooks.send('closed', MESSAGE)).outcome).toMatchObject({ reason: 'address_refused' });
    expect(inside.received).toHaveLength(1);
  });
});
