/**
 * Is what the shop exposes what the committed files say? `node .ci/inventory.mjs check`, or `write` to keep what it is now.
 *
 * Express and Fastify have to expose the very same, so one file is for both. In production there is less.
 */

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const [task] = process.argv.slice(2);
if (task !== 'check' && task !== 'write') throw new Error('Write node .ci/inventory.mjs check, or write.');

/** What production does not start without. New each time, for nothing of it shows in an inventory. */
const production = { NODE_ENV: 'production', BULWARK_JWT_SECRET: randomBytes(48).toString('base64') };

const development = { NODE_ENV: 'development' };

const runs = [
  { make: 'createShop', file: 'sample-app/security.inventory.json', variables: development },
  { make: 'createFastifyShop', file: 'sample-app/security.inventory.json', variables: development },
  { make: 'createShop', file: 'sample-app/security.inventory.production.json', variables: production },
];

let failed = false;
for (const { make, file, variables } of runs) {
  console.log(`${make}, ${variables.NODE_ENV}`);
  // What Express wrote, Fastify has to find.
  const how = task === 'write' && make === 'createShop' ? '--write' : '--check';
  const args = ['dist/lib/cli/bulwark.js', 'inventory', '--app', `dist/sample-app/shop.js#${make}`, how, file];
  const { status } = spawnSync(process.execPath, args, {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, ...variables },
    stdio: 'inherit',
  });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
