/** How the shop is secured: only what differs from the defaults. */

import type { SecurityOptions } from 'nestjs-bulwark';

export function securityOptions(env: NodeJS.ProcessEnv): SecurityOptions {
  const development = env.NODE_ENV === 'development';
  return {
    edge: {
      hosts: ['localhost', '127.0.0.1', ...listed(env.SHOP_HOST)],
      origins: ['https://app.example.com', ...(development ? ['http://localhost:5173'] : [])],
      proxies: listed(env.SHOP_PROXIES),
    },
    // The secret comes from BULWARK_JWT_SECRET; in development a fresh one is made at every start.
    jwt: { issuer: 'https://shop.example.com', audience: 'https://shop.example.com' },
    roles: { hierarchy: { admin: ['moderator'], moderator: ['user'], user: [] } },
  };
}

function listed(value: string | undefined): string[] {
  return (value ?? '').split(',').filter((entry) => entry !== '');
}
