import { generateKeyPairSync } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CurrentPrincipal,
  Public,
  Returns,
  secureApp,
  SecurityError,
  Signed,
  verifyRequestSignature,
  WebhookSender,
  type Principal,
  type SignaturesOptions,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type Platform, type TestApp } from '../app.js';
import type { SafeLookup } from '../../lib/fetch.js';
import { bootSender, SECRET, SIGN, type SendingApp } from './webhook-app.js';
import { openReceiver, type Receiver, type ReceiverAnswer } from './webhook-receiver.js';

const open: { close(): Promise<void> }[] = [];
const closing = <T extends { close(): Promise<void> }>(opened: T): T => {
  open.push(opened);
  return opened;
};
afterEach(async () => {
  // Receivers first: an app that stops waits for tries that run.
  for (const opened of open.splice(0)) await opened.close();
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MESSAGE = { type: 'order.paid', data: { order_id: 'o1', note: 'grüße' } };

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

/** What the other side of a webhook is: any app of ours. */
@Controller()
class ReceiverController {
  @Post('hooks/any')
  @HttpCode(200)
  @Signed()
  any(@CurrentPrincipal() { id }: Principal, @Body() body: object) {
    return { id, body };
  }

  @Post('hooks/hmac')
  @HttpCode(200)
  @Signed({ profile: 'hmac' })
  hmac(@CurrentPrincipal() { id }: Principal) {
    return { id };
  }

  @Post('hooks/rfc9421')
  @HttpCode(200)
  @Signed({ profile: 'rfc9421' })
  rfc(@CurrentPrincipal() { id }: Principal) {
    return { id };
  }
}

async function bootReceiver(platform: Platform, clock: SendingApp['clock'], signatures?: SignaturesOptions) {
  return closing(
    await bootApp({
      platform,
      controllers: [ReceiverController],
      prepare: secureApp,
      security: {
        clock,
        responses: { dangerouslyPassUndeclared: true },
        signatures: signatures ?? {
          keys: [
            { id: 'shop', secret: SECRET, owner: 'the-shop' },
            { id: 'shop-2026', publicKey },
          ],
        },
      },
    }),
  );
}

const hostOf = ({ url }: TestApp): string => new URL(url).host;

describe.each(PLATFORMS)('a webhook to an app on %s', (platform) => {
  it.each([
    ['hmac', SIGN],
    ['rfc9421', SIGN],
    ['rfc9421', { key: privateKey, keyId: 'shop-2026' }],
  ] as const)('is taken by @Signed() in the profile %s', async (profile, sign) => {
    const sender = closing(await bootSender({ schemes: ['http'] }));
    const receiver = await bootReceiver(platform, sender.clock);
    const t = closing(
      await bootSender({
        pacing: sender.pacing,
        webhooks: {
          orders: {
            url: `${receiver.url}/hooks/${profile}?a=a&a=b%20c`,
            sign: { ...sign, profile },
            dangerouslyAllowPrivate: [hostOf(receiver)],
          },
        },
      }),
    );
    const { outcome, id } = await t.webhooks.send('orders', MESSAGE);
    expect(await outcome).toEqual({ id, delivered: true, attempts: 1, status: 200 });
    expect(receiver.events.at(-1)).toMatchObject({ kind: 'access_allowed', subject: { method: 'POST' } });
    expect(t.told()).toEqual([
      { kind: 'webhook_delivered', level: 'debug', endpoint: 'orders', attempt: 1, status: 200 },
    ]);
  });

  it('is refused by another key, and not sent again', async () => {
    const sender = closing(await bootSender({}));
    const receiver = await bootReceiver(platform, sender.clock, {
      keys: [{ id: 'shop', secret: 'another-secret-of-more-than-32-bytes!' }],
    });
    const t = closing(
      await bootSender({
        pacing: sender.pacing,
        webhooks: {
          orders: { url: `${receiver.url}/hooks/any`, sign: SIGN, dangerouslyAllowPrivate: [hostOf(receiver)] },
        },
      }),
    );
    const { outcome } = await t.webhooks.send('orders', MESSAGE);
    expect(await outcome).toMatchObject({ delivered: false, attempts: 1, status: 401, reason: 'status' });
    expect(receiver.events.at(-1)).toMatchObject({ reason: 'signature_mismatch' });
  });
});

async function openBoth(
  answers: readonly ReceiverAnswer[],
  more: Partial<Parameters<typeof bootSender>[0]> = {},
): Promise<{ t: SendingApp; receiver: Receiver }> {
  const receiver = closing(await openReceiver(...answers));
  const t = closing(
    await bootSender({
      webhooks: { orders: { url: receiver.url, sign: SIGN, dangerouslyAllowPrivate: [receiver.host] } },
      ...more,
    }),
  );
  return { t, receiver };
}

describe('what is sent', () => {
  it('says which webhook it is, what happened and when', async () => {
    const { t, receiver } = await openBoth([204]);
    const { id } = await t.webhooks.send('orders', MESSAGE);
    const { body, headers, target } = await receiver.nth(1);
    expect(body).toEqual({ id, type: 'order.paid', time: '2026-01-01T00:00:00.000Z', data: MESSAGE.data });
    expect(id).toMatch(UUID);
    expect(target).toBe('/hooks');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'nestjs-bulwark' });
    expect(headers['signature-input']).toContain('("@method" "@target-uri" "content-digest")');
  });

  it('is what it was when it was sent, whatever becomes of the object', async () => {
    const { t, receiver } = await openBoth([503, 204]);
    const data = { status: 'paid' };
    const { outcome } = await t.webhooks.send('orders', { type: 'order', data });
    data.status = 'changed';
    await t.pacing.pass();
    await outcome;
    expect(receiver.received.map(({ body }) => body.data)).toEqual([{ status: 'paid' }, { status: 'paid' }]);
  });

  it('has a new signature and the same id in every try', async () => {
    const { t, receiver } = await openBoth([500, 503, 204]);
    const { outcome, id } = await t.webhooks.send('orders', MESSAGE);
    expect(await t.pacing.pass()).toBe(5_000);
    expect(await t.pacing.pass()).toBe(30_000);
    expect(await outcome).toEqual({ id, delivered: true, attempts: 3, status: 204 });
    expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1);
    const inputs = receiver.received.map(({ headers }) => String(headers['signature-input']));
    expect(new Set(inputs.map((input) => /nonce="([^"]+)"/.exec(input)![1])).size).toBe(3);
    expect(inputs.map((input) => Number(/created=(\d+)/.exec(input)![1]) - START_MS / 1000)).toEqual([0, 5, 35]);
    expect(t.told()).toEqual([
      {
        kind: 'webhook_failed',
        level: 'info',
        endpoint: 'orders',
        attempt: 1,
        status: 500,
        reason: 'status',
        final: false,
      },
      {
        kind: 'webhook_failed',
        level: 'info',
        endpoint: 'orders',
        attempt: 2,
        status: 503,
        reason: 'status',
        final: false,
      },
      { kind: 'webhook_delivered', level: 'debug', endpoint: 'orders', attempt: 3, status: 204 },
    ]);
  });

  it('is in no event: neither payload nor URL nor secret', async () => {
    const { t, receiver } = await openBoth([410]);
    const data = { card: '4111-1111' };
    const url = `${receiver.url}/T0K3N`;
    const sign = { key: 'a-customer-secret-of-more-than-32-bytes', keyId: 'c1' };
    const sent = await t.webhooks.sendTo(url, { type: 'x', data }, { sign });
    expect(await sent.outcome).toMatchObject({ delivered: false, reason: 'scheme_refused' });
    await (
      await t.webhooks.send('orders', { type: 'x', data })
    ).outcome;
    expect(t.told()).toHaveLength(2);
    expect(JSON.stringify(t.events)).not.toMatch(/4111|T0K3N|a-customer-secret|webhook-secret/);
  });

  it('goes without a signature where that is said, and only there', async () => {
    const receiver = closing(await openReceiver(204));
    const chat = { url: receiver.url, dangerouslyUnsigned: true, dangerouslyAllowPrivate: [receiver.host] };
    const t = closing(await bootSender({ webhooks: { chat } }));
    expect(await (await t.webhooks.send('chat', MESSAGE)).outcome).toMatchObject({ delivered: true });
    const { headers } = await receiver.nth(1);
    expect([headers.signature, headers['x-signature']]).toEqual([undefined, undefined]);
    await expect(t.webhooks.sendTo(receiver.url, MESSAGE, {})).rejects.toThrow(
      'WebhookSender.sendTo.sign: is missing.',
    );
  });
});

describe('a webhook that fails', () => {
  it('is tried six times, and then given up', async () => {
    const { t, receiver } = await openBoth([500]);
    const { outcome } = await t.webhooks.send('orders', MESSAGE);
    const waits = [];
    for (let wait = 0; wait < 5; wait++) waits.push(await t.pacing.pass());
    expect(waits).toEqual([5_000, 30_000, 120_000, 600_000, 1_800_000]);
    expect(await outcome).toMatchObject({ delivered: false, attempts: 6, status: 500, reason: 'status' });
    expect(receiver.received).toHaveLength(6);
    expect(t.told().at(-1)).toMatchObject({ level: 'warning', attempt: 6, final: true });
    expect([t.webhooks.pending, t.pacing.waiting]).toEqual([0, 0]);
  });

  it.each([
    [410, 'gone'],
    [404, 'status'],
    [401, 'status'],
    [302, 'redirect'],
  ] as const)('with %i is not tried again', async (status, reason) => {
    const { t, receiver } = await openBoth([status, 204]);
    const { outcome } = await t.webhooks.send('orders', MESSAGE);
    expect(await outcome).toMatchObject({ delivered: false, attempts: 1, status, reason });
    expect(t.told()).toMatchObject([{ level: 'warning', attempt: 1, status, reason, final: true }]);
    expect(receiver.received).toHaveLength(1);
  });

  it('waits as long as the receiver asks for', async () => {
    const later =
      (seconds: string): ReceiverAnswer =>
      (response) =>
        response.writeHead(429, { 'retry-after': seconds }).end();
    const { t } = await openBoth([later('77'), later('1'), later('999999'), 204]);
    const { outcome } = await t.webhooks.send('orders', MESSAGE);
    expect([await t.pacing.pass(), await t.pacing.pass(), await t.pacing.pass()]).toEqual([77_000, 30_000, 3_600_000]);
    expect(await outcome).toMatchObject({ delivered: true, attempts: 4 });
  });

  it('is tried again when nobody answers in time, or at all', async () => {
    const silent: ReceiverAnswer = () => undefined;
    const gone: ReceiverAnswer = (response) => response.destroy();
    const { t } = await openBoth([silent, gone, 204], {
      webhookDelivery: { timeoutMs: 150, scheduleMs: [1_000, 2_000] },
    });
    const { outcome } = await t.webhooks.send('orders', MESSAGE);
    expect([await t.pacing.pass(), await t.pacing.pass()]).toEqual([1_000, 2_000]);
    expect(await outcome).toMatchObject({ delivered: true, attempts: 3 });
    expect(t.told().map(({ reason }) => String(reason).split(':')[0])).toEqual(['timeout', 'network', 'undefined']);
  });
});

describe('webhooks that are not delivered yet', () => {
  it('are so many and no more: one too many is refused and told', async () => {
    const { t } = await openBoth([500, 500, 500, 204], { webhookDelivery: { maxPending: 3, maxConcurrent: 1 } });
    const sent = await Promise.all([1, 2, 3].map((n) => t.webhooks.send('orders', { type: 'x', data: n })));
    const refused = t.webhooks.send('orders', { type: 'x', data: 4 });
    await expect(refused).rejects.toBeInstanceOf(SecurityError);
    await expect(refused).rejects.toMatchObject({ code: 'unavailable', reason: 'webhook_queue_full', recorded: true });
    expect(t.told()).toEqual([
      { kind: 'webhook_failed', level: 'warning', endpoint: 'orders', attempt: 0, reason: 'queue_full', final: true },
    ]);
    for (let n = 0; n < 3; n++) await t.pacing.pass();
    const outcomes = await Promise.all(sent.map(({ outcome }) => outcome));
    expect(outcomes.map(({ delivered }) => delivered)).toEqual([true, true, true]);
    await expect(t.webhooks.send('orders', MESSAGE)).resolves.toHaveProperty('id');
  });

  it('of one dead receiver leave room and time for the others', async () => {
    const dead = closing(await openReceiver(() => undefined));
    const alive = closing(await openReceiver(204));
    const at = ({ url, host }: Receiver) => ({ url, sign: SIGN, dangerouslyAllowPrivate: [host] });
    const t = closing(
      await bootSender({
        webhooks: { dead: at(dead), alive: at(alive) },
        webhookDelivery: { maxPending: 10, maxPendingPerHost: 4, maxConcurrent: 3, maxConcurrentPerHost: 2 },
      }),
    );
    for (let n = 0; n < 4; n++) await t.webhooks.send('dead', MESSAGE);
    await expect(t.webhooks.send('dead', MESSAGE)).rejects.toMatchObject({ reason: 'webhook_queue_full' });
    const { outcome } = await t.webhooks.send('alive', MESSAGE);
    expect(await outcome).toMatchObject({ delivered: true });
    await dead.nth(2);
    expect(dead.received).toHaveLength(2);
  });

  it('are tried so many at once and no more', async () => {
    const held: (() => void)[] = [];
    const receivers = await Promise.all(
      [1, 2, 3].map(() => openReceiver((response) => held.push(() => response.writeHead(204).end()))),
    );
    receivers.forEach(closing);
    const hosts = receivers.map(({ host }) => host);
    const t = closing(
      await bootSender({
        schemes: ['http'],
        dangerouslyAllowPrivate: hosts,
        webhookDelivery: { maxConcurrent: 2 },
      }),
    );
    const send = ({ url }: Receiver) => t.webhooks.sendTo(url, MESSAGE, { sign: SIGN });
    const sent = [await send(receivers[0]!), await send(receivers[1]!), await send(receivers[2]!)];
    await Promise.all([receivers[0]!.nth(1), receivers[1]!.nth(1)]);
    expect(receivers[2]!.received).toHaveLength(0);
    held[0]!();
    await receivers[2]!.nth(1);
    for (const answer of held.slice(1)) answer();
    expect(await Promise.all(sent.map(async ({ outcome }) => (await outcome).delivered))).toEqual([true, true, true]);
  });

  it('are told, each of them, when the app stops, and nothing more is taken', async () => {
    let hungUp: () => void;
    const hangsUp = new Promise<void>((resolve) => (hungUp = resolve));
    const receiver = closing(await openReceiver(500, (response) => void response.on('close', hungUp)));
    const t = await bootSender({
      webhooks: { orders: { url: receiver.url, sign: SIGN, dangerouslyAllowPrivate: [receiver.host] } },
    });
    const waiting = await t.webhooks.send('orders', MESSAGE);
    await receiver.nth(1);
    const running = await t.webhooks.send('orders', MESSAGE);
    await receiver.nth(2);
    await t.close();
    await hangsUp;
    expect(await waiting.outcome).toEqual({ id: waiting.id, delivered: false, attempts: 1, reason: 'shutdown' });
    expect(await running.outcome).toMatchObject({ delivered: false, attempts: 1, reason: 'shutdown' });
    const last = t.told().filter(({ final }) => final === true);
    expect(last.map(({ reason }) => reason)).toEqual(['shutdown', 'shutdown']);
    expect(t.pacing.waiting).toBe(0);
    await expect(t.webhooks.send('orders', MESSAGE)).rejects.toMatchObject({ reason: 'webhook_shutdown' });
  });
});

/** Answers when the test says so, and sends a webhook then. */
const late = { come: () => undefined as unknown, go: Promise.resolve() };

@Controller('late')
class LateController {
  constructor(@Inject(WebhookSender) private readonly webhooks: WebhookSender) {}

  @Get()
  @Public('a test')
  @Returns(String)
  async late() {
    late.come();
    await late.go;
    await this.webhooks.send('orders', MESSAGE);
    return 'sent';
  }
}

describe.each(PLATFORMS)('an app that stops on %s', (platform) => {
  it('takes the webhooks of requests that it still answers, and lets their tries end', async () => {
    let go!: () => void;
    late.go = new Promise<void>((resolve) => (go = resolve));
    const came = new Promise<void>((resolve) => (late.come = resolve as () => undefined));
    const receiver = closing(
      await openReceiver((response) => void setTimeout(() => response.writeHead(204).end(), 150)),
    );
    const webhooks = { orders: { url: receiver.url, sign: SIGN, dangerouslyAllowPrivate: [receiver.host] } };
    const t = await bootSender({ webhooks }, { platform, controllers: [LateController] });
    const answer = t.send('GET /late');
    await came;
    const closed = t.close();
    await new Promise(setImmediate);
    go();
    expect((await answer).status).toBe(200);
    await closed;
    expect(receiver.received).toHaveLength(1);
    expect(t.told()).toMatchObject([{ kind: 'webhook_delivered', endpoint: 'orders', attempt: 1 }]);
  });
});

describe('an app that stops', () => {
  it('tries nothing again that fails meanwhile, and tells so', async () => {
    const receiver = closing(
      await openReceiver((response) => void setTimeout(() => response.writeHead(503).end(), 50)),
    );
    const t = await bootSender({
      webhooks: { orders: { url: receiver.url, sign: SIGN, dangerouslyAllowPrivate: [receiver.host] } },
    });
    const { outcome } = await t.webhooks.send('orders', MESSAGE);
    await receiver.nth(1);
    await t.close();
    expect(await outcome).toMatchObject({ delivered: false, attempts: 1, reason: 'shutdown' });
    expect(t.told()).toMatchObject([
      { reason: 'status', final: false },
      { reason: 'shutdown', final: true },
    ]);
    expect([receiver.received.length, t.pacing.waiting]).toEqual([1, 0]);
  });
});

describe('mistakes of the caller', () => {
  it('are named', async () => {
    const { t } = await openBoth([204], { webhookDelivery: { maxPayloadBytes: 200 } });
    await expect(t.webhooks.send('oders', MESSAGE)).rejects.toThrow(
      new TypeError('WebhookSender: there is no endpoint "oders". Did you mean "orders"?'),
    );
    await expect(t.webhooks.send('orders', { type: '', data: 1 })).rejects.toThrow(TypeError);
    await expect(t.webhooks.send('orders', { type: 'x', data: 10n })).rejects.toThrow(TypeError);
    await expect(t.webhooks.send('orders', { type: 'x', data: 'y'.repeat(200) })).rejects.toThrow(RangeError);
    expect(t.webhooks.pending).toBe(0);
    expect(t.told()).toEqual([]);
  });
});

describe('a webhook to a URL that a customer gave', () => {
  const sign = { key: 'a-customer-secret-of-more-than-32-bytes', keyId: 'c1' } as const;

  it('goes where the policy of the app lets it', async () => {
    const receiver = closing(await openReceiver(503, 204));
    const t = closing(await bootSender({ schemes: ['http'], dangerouslyAllowPrivate: [receiver.host] }));
    const sent = await t.webhooks.sendTo(`${receiver.url}#part`, MESSAGE, {
      sign,
      endpoint: 'customer-1',
      scheduleMs: [9],
    });
    expect(await t.pacing.pass()).toBe(9);
    expect(await sent.outcome).toMatchObject({ delivered: true, attempts: 2 });
    expect(String(receiver.received[0]!.headers['signature-input'])).toContain('keyid="c1"');
    expect(t.told().map(({ endpoint }) => endpoint)).toEqual(['customer-1', 'customer-1']);
  });

  it.each([
    ['a private address', 'https://10.0.0.1/hooks', 'address_refused'],
    ['a metadata service', 'https://169.254.169.254/latest', 'address_refused'],
    ['this machine', 'https://localhost/hooks', 'host_not_allowed'],
    ['plain http', 'http://hooks.example.com/', 'scheme_refused'],
    ['another port', 'https://hooks.example.com:6379/', 'port_refused'],
    ['no URL', 'hooks', 'url_refused'],
    ['credentials', 'https://a:b@hooks.example.com/', 'url_refused'],
  ])('never reaches %s', async (_what, url, reason) => {
    const t = closing(await bootSender({}));
    const { outcome } = await t.webhooks.sendTo(url, MESSAGE, { sign });
    expect(await outcome).toMatchObject({ delivered: false, attempts: 1, reason });
    expect(t.told()).toMatchObject([{ kind: 'webhook_failed', level: 'warning', final: true }]);
  });

  it('goes where customers may lead it, whatever else the app may fetch', async () => {
    const receiver = closing(await openReceiver(204));
    const t = closing(
      await bootSender({
        dangerouslyAllowPrivate: ['127.0.0.1:1'],
        allowedHosts: ['api.example.com'],
        webhookDelivery: { customers: { schemes: ['http'], dangerouslyAllowPrivate: [receiver.host] }, scheduleMs: [] },
      }),
    );
    const reasonOf = async (url: string) => (await (await t.webhooks.sendTo(url, MESSAGE, { sign })).outcome).reason;
    expect(await reasonOf(receiver.url)).toBeUndefined();
    expect(await reasonOf('http://127.0.0.1:1/')).toBe('address_refused');
    expect(await reasonOf('https://api.example.com/')).toBe('scheme_refused');
  });

  it('is signed for the host that it is sent to, a dot at its end or not', async () => {
    const receiver = closing(await openReceiver(204));
    const host = receiver.host.replace('127.0.0.1', 'localhost');
    const lookup: SafeLookup = (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const t = closing(await bootSender({ schemes: ['http'], dangerouslyAllowPrivate: [host], lookup }));
    const dotted = `http://${host.replace('localhost', 'localhost.')}/hooks`;
    const { outcome } = await t.webhooks.sendTo(dotted, MESSAGE, { sign });
    expect(await outcome).toMatchObject({ delivered: true });
    const { headers, text } = receiver.received[0]!;
    expect(headers.host).toBe(host);
    const url = `http://${host}/hooks`;
    const asSent = { method: 'POST', url, headers: headers as Record<string, string>, body: text };
    const keys = [{ id: 'c1', secret: sign.key }];
    const verified = await verifyRequestSignature(asSent, { keys, profile: 'rfc9421', now: t.clock.now() });
    expect(verified).toMatchObject({ keyId: 'c1' });
  });

  it('of one customer leaves the others and the endpoints of the app their turn, however many hosts it has', async () => {
    const slow = closing(await openReceiver(() => undefined));
    const quick = closing(await openReceiver(204));
    const names = new Set<string>();
    const lookup: SafeLookup = (name, _options, callback) => {
      names.add(name);
      callback(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    const hosts = Array.from({ length: 13 }, (_, n) => slow.host.replace('127.0.0.1', `h${n}.example.com`));
    const t = closing(
      await bootSender({
        schemes: ['http'],
        lookup,
        dangerouslyAllowPrivate: [...hosts, quick.host],
        webhooks: { orders: { url: quick.url, sign: SIGN, dangerouslyAllowPrivate: [quick.host] } },
        webhookDelivery: { maxPending: 20, maxPendingPerHost: 12, maxConcurrent: 4, maxConcurrentPerHost: 3 },
      }),
    );
    const mallory = { sign, endpoint: 'mallory' };
    for (const host of hosts.slice(0, 12)) await t.webhooks.sendTo(`http://${host}/`, MESSAGE, mallory);
    const oneMore = t.webhooks.sendTo(`http://${hosts[12]}/`, MESSAGE, mallory);
    await expect(oneMore).rejects.toMatchObject({ reason: 'webhook_queue_full' });
    const other = await t.webhooks.sendTo(quick.url, MESSAGE, { sign, endpoint: 'alice' });
    expect(await other.outcome).toMatchObject({ delivered: true });
    const own = await t.webhooks.send('orders', MESSAGE);
    expect(await own.outcome).toMatchObject({ delivered: true });
    await slow.nth(3);
    expect(names.size).toBe(3);
  });

  it('counts a host with a dot at its end as the same host', async () => {
    const receiver = closing(await openReceiver(() => undefined));
    const host = receiver.host.replace('127.0.0.1', 'localhost');
    const lookup: SafeLookup = (_name, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    const t = closing(
      await bootSender({
        schemes: ['http'],
        dangerouslyAllowPrivate: [host],
        lookup,
        webhookDelivery: { maxPendingPerHost: 1 },
      }),
    );
    await t.webhooks.sendTo(`http://${host}/`, MESSAGE, { sign, endpoint: 'a' });
    const dotted = `http://${host.replace('localhost', 'localhost.')}/`;
    const second = t.webhooks.sendTo(dotted, MESSAGE, { sign, endpoint: 'b' });
    await expect(second).rejects.toMatchObject({ reason: 'webhook_queue_full' });
  });

  it('keeps to the hosts that the app allows', async () => {
    const t = closing(await bootSender({ allowedHosts: ['*.example.com'] }));
    const { outcome } = await t.webhooks.sendTo('https://example.org/hooks', MESSAGE, { sign });
    expect(await outcome).toMatchObject({ reason: 'host_not_allowed' });
  });

  it('names the mistake in a key', async () => {
    const t = closing(await bootSender({}));
    const short = { sign: { key: 'short', keyId: 'c1' } };
    await expect(t.webhooks.sendTo('https://hooks.example.com', MESSAGE, short)).rejects.toThrow(
      /^WebhookSender\.sendTo\.sign\.key: the value has 5 bytes/,
    );
  });
});

describe('one try, for a queue of the app', () => {
  it('says whether another one is of use, and makes none', async () => {
    const later: ReceiverAnswer = (response) => response.writeHead(503, { 'retry-after': '60' }).end();
    const { t, receiver } = await openBoth([later, 204, 404]);
    const message = { ...MESSAGE, id: 'job-1', timeMs: START_MS - 5_000 };
    expect(await t.webhooks.deliverOnce('orders', message)).toEqual({
      delivered: false,
      status: 503,
      reason: 'status',
      retry: true,
      retryAfterMs: 60_000,
    });
    expect(await t.webhooks.deliverOnce('orders', message, { attempt: 2 })).toEqual({
      delivered: true,
      status: 204,
      retry: false,
    });
    expect(await t.webhooks.deliverOnce('orders', message)).toMatchObject({ delivered: false, retry: false });
    expect(t.pacing.waiting).toBe(0);
    expect(receiver.received.map(({ body }) => [body.id, body.time])).toEqual(
      Array.from({ length: 3 }, () => ['job-1', '2025-12-31T23:59:55.000Z']),
    );
    expect(t.told().map(({ attempt, final }) => [attempt, final])).toEqual([
      [1, false],
      [2, undefined],
      [1, true],
    ]);
  });

  it('tells the caller no more than the kind of failure: the address is for the log', async () => {
    const t = closing(await bootSender({}));
    const once = await t.webhooks.deliverOnceTo('https://10.0.0.1/', MESSAGE, { sign: SIGN, attempt: 3 });
    expect(once).toEqual({ delivered: false, reason: 'address_refused', retry: false });
    expect(t.told()).toMatchObject([
      { attempt: 3, reason: 'address_refused', detail: expect.stringContaining('10.0.0.1') as unknown },
    ]);
  });
});

it('a webhook sender is there in every app', async () => {
  const t = closing(await bootSender({}));
  expect(t.app.get(WebhookSender)).toBe(t.webhooks);
});
