/** Which machine and which versions does a table speak of? */

import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** `Node v20.20.2, 2 x Some Processor, 4 GiB; @nestjs/core 12.5.1, …` */
export function machineLine(packages: readonly string[] = []): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const machine = `Node ${process.version}, ${cpus().length} x ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const versions = packages.map((name) => `${name} ${versionOf(name)}`).join(', ');
  return versions === '' ? machine : `${machine}; ${versions}`;
}

/** Read from the file: most packages do not export their `package.json`. */
function versionOf(name: string): string {
  try {
    const file = readFileSync(`node_modules/${name}/package.json`, 'utf8');
    return (JSON.parse(file) as { version: string }).version;
  } catch {
    return '(not installed)';
  }
}
