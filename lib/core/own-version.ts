/** Which version of the package is this? */

import { createRequire } from 'node:module';

export function ownVersion(): string {
  return (createRequire(import.meta.url)('nestjs-bulwark/package.json') as { version: string }).version;
}
