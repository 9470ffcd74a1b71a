/** What the shop's tokens are signed and verified with. */

import { generateKeyPairSync } from 'node:crypto';
import type { JwtOptions, SigningKeyInput } from 'nestjs-bulwark';

/**
 * `SHOP_SIGNING_KEYS` is what `SigningKeys.export()` gives, as JSON. Without it `BULWARK_JWT_SECRET` signs in production;
 * elsewhere a fresh key is made at every start, so that there is one to publish, and the secret verifies as well. A fleet
 * cannot use keys that each process made for itself: with a secret and `REDIS_URL` or `DATABASE_URL` the secret signs.
 */
export function tokenKeys(env: NodeJS.ProcessEnv): Pick<JwtOptions, 'signingKeys' | 'keys'> {
  const { SHOP_SIGNING_KEYS: listed, BULWARK_JWT_SECRET: secret, NODE_ENV: name } = env;
  const keys = secret ? { keys: [{ secret }] } : {};
  if (listed) return { signingKeys: JSON.parse(listed) as SigningKeyInput[], ...keys };
  const isFleet = secret && (env.REDIS_URL || env.DATABASE_URL);
  if (isFleet || (name !== 'development' && name !== 'test')) return {};
  const { privateKey } = generateKeyPairSync('ed25519');
  return { signingKeys: [{ kid: 'made-at-start', privateKey, state: 'active' }], ...keys };
}
