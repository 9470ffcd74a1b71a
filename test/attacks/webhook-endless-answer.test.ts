/** A receiver that answers without an end, slowly, or with more than anybody wants: to hold connections and memory. */

import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { bootSender, SIGN, type SendingApp } from '../outbound/webhook-app.js';
import { openReceiver, type Receiver, type ReceiverAnswer } from '../outbound/webhook-receiver.js';

let t: SendingApp;
let receiver: Receiver;
afterEach(async () => {
  await t.close();
  await receiver.close();
});

/** For receivers that say nothing. */
const TIMEOUT_MS = 200;
/** For those that say something: the time is not what ends them. */
const PATIENT_MS = 10_000;
const MESSAGE = { type: 'order.paid', data: { order_id: 'o1' } };

async function sendTo(answer: ReceiverAnswer, timeoutMs = PATIENT_MS) {
  receiver = await openReceiver(answer);
  t = await bootSender({
    webhooks: { orders: { url: receiver.url, sign: SIGN, dangerouslyAllowPrivate: [receiver.host] } },
    webhookDelivery: { timeoutMs, scheduleMs: [] },
  });
  const started = performance.now();
  const outcome = await (await t.webhooks.send('orders', MESSAGE)).outcome;
  return { outcome, tookMs: performance.now() - started };
}

/** Writes as long as somebody reads; the promise tells when nobody does any more. */
function endless(head: (response: ServerResponse) => void) {
  const chunk = Buffer.alloc(65_536, 'x');
  let written = 0;
  let hungUp: () => void;
  const closed = new Promise<void>((resolve) => (hungUp = resolve));
  const answer: ReceiverAnswer = (response) => {
    head(response);
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
    };
    response.on('drain', more).on('error', () => undefined);
    response.on('close', () => hungUp());
    more();
  };
  return { answer, closed, written: () => written };
}

describe('a receiver that answers', () => {
  it('without an end is heard as far as its status, and hung up on', async () => {
    const { answer, closed, written } = endless((response) => response.writeHead(200));
    const { outcome } = await sendTo(answer);
    expect(outcome).toMatchObject({ delivered: true, status: 200 });
    await closed;
    expect(written()).toBeLessThan(20 * 1_048_576);
  });

  it('with an error without an end is an error, and hung up on', async () => {
    const { answer, closed } = endless((response) => response.writeHead(500, { 'content-type': 'text/plain' }));
    expect((await sendTo(answer)).outcome).toMatchObject({ delivered: false, status: 500 });
    await closed;
  });

  it.each<[saying: string, headers: Record<string, string | number>]>([
    ['more than anybody reads', { 'content-length': 50_000_000 }],
    ['a coding that nobody knows', { 'content-encoding': 'rot13' }],
    ['a coding that it is not in', { 'content-encoding': 'gzip' }],
  ])('yes and %s, has taken it', async (_what, headers) => {
    const { outcome } = await sendTo((response) => response.writeHead(200, headers).write('x'));
    expect(outcome).toMatchObject({ delivered: true, status: 200, attempts: 1 });
  });

  it.each<[how: string, answer: ReceiverAnswer]>([
    ['never', () => undefined],
    ['with the beginning of a header', (response) => response.socket!.write('HTTP/1.1 200 OK\r\nX-A: ')],
    ['with interim answers only', (response) => response.writeProcessing()],
  ])('%s is given up in time', async (_how, answer) => {
    const { outcome, tookMs } = await sendTo(answer, TIMEOUT_MS);
    expect(outcome).toMatchObject({ delivered: false, reason: 'timeout' });
    expect(tookMs).toBeLessThan(TIMEOUT_MS + 2_000);
  });

  it('with headers without an end is cut off', async () => {
    const { outcome } = await sendTo((response) => {
      const socket = response.socket!;
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = (): void => {
        while (!socket.destroyed && socket.write(`X-${'a'.repeat(500)}: ${'b'.repeat(500)}\r\n`));
      };
      socket.on('drain', more).on('error', () => undefined);
      more();
    });
    expect(outcome.delivered).toBe(false);
    expect(['too_large', 'network']).toContain(outcome.reason);
  });

  it('with nonsense is no receiver', async () => {
    const { outcome } = await sendTo((response) => response.socket!.end('SSH-2.0-OpenSSH_9.9\r\n'));
    expect(outcome).toMatchObject({ delivered: false, reason: 'network' });
  });

  it('with secrets of a network does not get them into an event', async () => {
    const { outcome } = await sendTo((response) =>
      response.writeHead(500, 'S3CR3T', { 'x-internal': 'S3CR3T' }).end('S3CR3T'),
    );
    expect(JSON.stringify([outcome, t.events])).not.toContain('S3CR3T');
  });
});
