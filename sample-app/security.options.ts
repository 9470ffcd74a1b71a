/** How the shop is secured: only what differs from the defaults. */

import { LoggerSink, type SecurityOptions, type UpstreamOptions } from 'nestjs-bulwark';
import type { ShopState } from './state/shop-state.js';
import { ShopUsers } from './auth/session.users.js';
import { provider } from './auth/provider.js';
import { tokenKeys } from './auth/token-keys.js';
import { alertOptions } from './webhooks/alerts.js';
import { webhookKeys } from './webhooks/webhook-keys.js';

export function securityOptions(
  env: NodeJS.ProcessEnv,
  { stores, auditLog }: ShopState,
  upstreams: Readonly<Record<string, UpstreamOptions>>,
): SecurityOptions {
  const development = env.NODE_ENV === 'development';
  return {
    stores,
    audit: { sinks: [new LoggerSink(), ...(auditLog ? [auditLog] : [])] },
    edge: {
      hosts: ['localhost', '127.0.0.1', ...listed(env.SHOP_HOST)],
      origins: ['https://app.example.com', ...(development ? ['http://localhost:5173'] : [])],
      proxies: listed(env.SHOP_PROXIES),
    },
    jwt: {
      issuer: 'https://shop.example.com',
      audience: 'https://shop.example.com',
      ...tokenKeys(env),
      ...provider(env),
      resource: { identifier: ownOrigin(env), name: 'Shop' },
      dpop: { mode: 'allowed' },
    },
    // Without BULWARK_MFA_KEY nobody can enrol in production; elsewhere a fresh key is made at every start.
    ...((env.BULWARK_MFA_KEY || development) && { mfa: { issuer: 'Shop' } }),
    sessions: { users: ShopUsers },
    ...webhookKeys(env),
    // With SHOP_CAPTCHA=pow registering costs some work: GET /captcha/challenge?flow=register hands it out.
    flows: { defaults: { captcha: env.SHOP_CAPTCHA === 'pow' } },
    // Link previews go to any public host, by https: the default.
    outbound: { upstreams, ...alertOptions(env) },
    roles: { hierarchy: { admin: ['moderator'], moderator: ['user'], user: [] } },
  };
}

/** Where clients see the shop: in the metadata, and in proofs that a token is theirs. */
function ownOrigin({ SHOP_ORIGIN: origin, NODE_ENV: name, PORT: port = '3000' }: NodeJS.ProcessEnv): string {
  if (origin) return origin;
  return name === 'development' || name === 'test' ? `http://localhost:${port}` : 'https://shop.example.com';
}

function listed(value: string | undefined): string[] {
  return (value ?? '').split(',').filter((entry) => entry !== '');
}
