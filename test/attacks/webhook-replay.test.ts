/** Somebody in between who keeps a webhook and sends it again, or changes it on the way. */

import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secureApp, Signed, type WebhookMessage } from '../../lib/index.js';
import { bootApp, PLATFORMS, type Answer, type Sent, type TestApp } from '../app.js';
import { bootSender, SECRET, SIGN, type SendingApp } from '../outbound/webhook-app.js';
import { openReceiver, type ReceivedWebhook, type Receiver } from '../outbound/webhook-receiver.js';

@Controller()
class HooksController {
  readonly taken: unknown[] = [];

  @Post('hooks')
  @HttpCode(200)
  @Signed()
  take(@Body() body: { id: string }): void {
    this.taken.push(body.id);
  }
}

const MESSAGE: WebhookMessage = { type: 'order.paid', data: { amount: 100 } };

describe.each(PLATFORMS)('a webhook that was caught on its way to %s', (platform) => {
  let t: SendingApp;
  let between: Receiver;
  let receiver: TestApp;
  afterEach(async () => {
    await t.close();
    await between.close();
    await receiver.close();
  });

  beforeEach(async () => {
    between = await openReceiver(503);
    const at = { url: between.url, dangerouslyAllowPrivate: [between.host] };
    t = await bootSender({
      webhooks: {
        hmac: { ...at, sign: { ...SIGN, profile: 'hmac' } },
        rfc9421: { ...at, sign: { ...SIGN, profile: 'rfc9421' } },
      },
    });
    receiver = await bootApp({
      platform,
      controllers: [HooksController],
      prepare: secureApp,
      security: {
        clock: t.clock,
        responses: { dangerouslyPassUndeclared: true },
        signatures: { keys: [{ id: 'shop', secret: SECRET }] },
      },
    });
  });

  const caught = async (endpoint: string): Promise<ReceivedWebhook> => {
    await t.webhooks.deliverOnce(endpoint, MESSAGE);
    return between.received.at(-1)!;
  };
  const forward = ({ headers, text }: ReceivedWebhook, change: Sent = {}): Promise<Answer> => {
    const { connection: _connection, ...kept } = headers as Record<string, string>;
    return receiver.send('POST /hooks', { headers: { ...kept, ...change.headers }, body: change.body ?? text });
  };
  const taken = (): unknown[] => receiver.app.get(HooksController).taken;

  it.each(['hmac', 'rfc9421'])('in the profile %s is taken once', async (endpoint) => {
    const webhook = await caught(endpoint);
    expect((await forward(webhook)).status).toBe(200);
    expect((await forward(webhook)).status).toBe(401);
    expect(taken()).toEqual([webhook.body.id]);
  });

  it.each(['hmac', 'rfc9421'])('in the profile %s is not taken when it was changed', async (endpoint) => {
    const webhook = await caught(endpoint);
    const body = webhook.text.replace('100', '999');
    expect((await forward(webhook, { body })).status).toBe(401);
    expect(taken()).toEqual([]);
    expect((await forward(webhook)).status).toBe(200);
  });

  it.each(['hmac', 'rfc9421'])('in the profile %s is too old after a while', async (endpoint) => {
    const webhook = await caught(endpoint);
    t.clock.advance(301_000);
    expect((await forward(webhook)).status).toBe(401);
    // What the sender tries again by then is signed anew.
    const again = await caught(endpoint);
    expect((await forward(again)).status).toBe(200);
  });

  it('of one kind is not taken at another place', async () => {
    const webhook = await caught('rfc9421');
    expect((await forward(webhook, { headers: { host: 'other.example.com' } })).status).toBe(401);
  });
});
