/** Who may send the shop webhooks: the payment provider, by a secret that both sides know. */

import { randomBytes } from 'node:crypto';
import type { SecurityOptions } from 'nestjs-bulwark';

const DEVELOPMENT_SECRET = 'whsec_development_only_0123456789abcdef';

/**
 * `SHOP_WEBHOOK_SECRET` may list several, with commas (and spaces around them): to change it, add the new one, and take the old one away when the
 * provider signs with the new one. Without it there is one in production that nobody knows: no webhook gets in.
 */
export function webhookKeys(env: NodeJS.ProcessEnv): Pick<SecurityOptions, 'signatures'> {
  return { signatures: { keys: webhookSecrets(env).map((secret) => ({ id: 'shop', secret, owner: 'payments' })) } };
}

/** The first of them is the one that the provider signs with. */
export function webhookSecrets(env: NodeJS.ProcessEnv): readonly (string | Buffer)[] {
  const listed = (env.SHOP_WEBHOOK_SECRET ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter((secret) => secret !== '');
  const isDevelopment = env.NODE_ENV === 'development' || env.NODE_ENV === 'test';
  const fallback = isDevelopment ? DEVELOPMENT_SECRET : randomBytes(32);
  return listed.length > 0 ? listed : [fallback];
}
