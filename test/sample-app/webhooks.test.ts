import { createHash, createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhookKeys } from '../../sample-app/webhooks/webhook-keys.js';
import { signedFetch } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { openShop, ORDERS, type Shop } from './shop.js';

const SECRET = process.env.SHOP_WEBHOOK_SECRET ?? 'whsec_development_only_0123456789abcdef';
const EVENT = JSON.stringify({ order_id: ORDERS.bob, status: 'paid' });

/** Written from the seven lines alone, as a payment provider would in any language. */
function providerHeader(body: string, nonce: string = randomUUID(), query = ''): string {
  const time = String(Math.floor(Date.now() / 1000));
  const hash = createHash('sha256').update(body).digest('hex');
  const base = ['v1', time, nonce, 'POST', '/webhooks/payments', query, hash].join('\n');
  return `t=${time},n=${nonce},k=shop,v1=${createHmac('sha256', SECRET).update(base).digest('hex')}`;
}

const METADATA = 'resource_metadata="http://localhost:3000/.well-known/oauth-protected-resource"';

describe.each(PLATFORMS)('webhooks of the shop on %s', (platform) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop(platform);
  });
  afterAll(() => shop.close());

  const post = (signature: string, body = EVENT, query = '') =>
    shop.send(`POST /webhooks/payments${query}`, {
      headers: { 'content-type': 'application/json', 'x-signature': signature },
      body,
    });

  it('take the HMAC profile, once', async () => {
    const header = providerHeader(EVENT);
    expect(await post(header)).toMatchObject({ status: 200, body: { received: true } });
    expect(await post(header)).toMatchObject({ status: 401, body: { status: 401 } });
    expect((await post(providerHeader(EVENT), `${EVENT} `)).status).toBe(401);
    expect((await post(providerHeader(EVENT, 'n1', 'a=1&b=%C3%A4+'), EVENT, '?b=%C3%A4%20&a=1')).status).toBe(200);
  });

  it('take RFC 9421 with the same secret', async () => {
    const url = `http://127.0.0.1:${shop.port}/webhooks/payments`;
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: EVENT };
    const answer = await signedFetch({ key: SECRET, keyId: 'shop' })(url, init);
    expect([answer.status, await answer.json()]).toEqual([200, { received: true }]);
    expect((await signedFetch({ key: `${SECRET}x`, keyId: 'shop' })(url, init)).status).toBe(401);
  });

  it('validate what was signed like any other input', async () => {
    const body = JSON.stringify({ order_id: ORDERS.bob, status: 'lost' });
    expect((await post(providerHeader(body), body)).status).toBe(400);
  });

  it('are closed to people', async () => {
    const answer = await shop.as('ada', 'POST /webhooks/payments', { body: JSON.parse(EVENT) as object });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, `Signature ${METADATA}`]);
  });
});

describe('the secrets of the webhooks', () => {
  it('are listed with commas, and with spaces as people write lists', () => {
    const secrets = ({ signatures }: ReturnType<typeof webhookKeys>) =>
      (signatures!.keys as readonly { secret: unknown }[]).map(({ secret }) => secret);
    expect(secrets(webhookKeys({ NODE_ENV: 'production', SHOP_WEBHOOK_SECRET: ' one , two,, ' }))).toEqual([
      'one',
      'two',
    ]);
    expect(secrets(webhookKeys({ NODE_ENV: 'test', SHOP_WEBHOOK_SECRET: ' ' }))).toEqual([
      'whsec_development_only_0123456789abcdef',
    ]);
    const [unknown] = secrets(webhookKeys({ NODE_ENV: 'production' }));
    expect(unknown).toBeInstanceOf(Uint8Array);
  });
});
