/** Makes what was compiled a package of its own, so that `nestjs-bulwark` in it is the library that was compiled with it. */

import { readFileSync, writeFileSync } from 'node:fs';

const [source, built] = [
  new URL('../../../package.json', import.meta.url),
  new URL('../package.json', import.meta.url),
];
const { name, version, exports } = JSON.parse(readFileSync(source, 'utf8')) as Record<string, object | string>;
const text = JSON.stringify({ name, version, type: 'module', exports }, undefined, 2);
writeFileSync(built, text.replaceAll('./dist/lib/', './lib/'));
