/** Where the team hears of attacks on the shop. */

import type { SecurityOptions } from 'nestjs-bulwark';

type Outbound = NonNullable<SecurityOptions['outbound']>;

/**
 * `SHOP_ALERT_WEBHOOK` is an https URL that alerts are posted to, signed with `SHOP_ALERT_SECRET` (at least 32 bytes) under
 * the key id `shop`. Without the URL alerts are in the log only; with a URL and no secret the shop does not start.
 */
export function alertOptions(env: NodeJS.ProcessEnv): Pick<Outbound, 'webhooks' | 'alerts'> {
  const { SHOP_ALERT_WEBHOOK: url = '', SHOP_ALERT_SECRET: key = '' } = env;
  if (url === '') return {};
  return { webhooks: { team: { url, sign: { key, keyId: 'shop' } } }, alerts: { webhook: 'team' } };
}
