import { afterEach, expect, it, vi } from 'vitest';
import { createShop } from '../../sample-app/shop.js';
import { alertOptions } from '../../sample-app/webhooks/alerts.js';

const URL = 'https://hooks.example.com/team';
const SECRET = 'a-team-secret-of-more-than-32-bytes!!';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** What the start says. Undefined: the shop is open. */
async function complaint(url: string, secret: string): Promise<string | undefined> {
  vi.stubEnv('SHOP_ALERT_WEBHOOK', url);
  vi.stubEnv('SHOP_ALERT_SECRET', secret);
  try {
    const shop = await createShop({ quiet: true });
    await shop.init();
    await shop.close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

it('tells nobody of alerts unless it is asked to', () => {
  expect(alertOptions({})).toEqual({});
  expect(alertOptions({ SHOP_ALERT_SECRET: SECRET })).toEqual({});
});

it('tells the team where there is a URL and a secret', async () => {
  expect(alertOptions({ SHOP_ALERT_WEBHOOK: URL, SHOP_ALERT_SECRET: SECRET })).toEqual({
    webhooks: { team: { url: URL, sign: { key: SECRET, keyId: 'shop' } } },
    alerts: { webhook: 'team' },
  });
  expect(await complaint(URL, SECRET)).toBeUndefined();
});

it('does not start without the secret, or with a URL that is not https', async () => {
  expect(await complaint(URL, '')).toContain('security.outbound.webhooks.team.sign.key: the value has 0 bytes');
  expect(await complaint('http://hooks.example.com/team', SECRET)).toContain('webhooks.team.url: is not https');
});
