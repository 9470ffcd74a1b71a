/** Which version of a package does the app run with? Read from where it lies, nothing is loaded. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where does the app lie? By the file that was started, from which Node finds its packages; not by where somebody stood. */
export function appDirectory(): string {
  const [, main] = process.argv;
  return main === undefined ? process.cwd() : dirname(main);
}

/**
 * As Node would find it from this directory: the nearest `node_modules` that holds it, upwards.
 * Undefined where there is none, as in a bundle.
 */
export function installedVersion(name: string, from: string): string | undefined {
  for (let directory = from, parent = ''; directory !== parent; directory = dirname((parent = directory))) {
    const version = versionIn(join(directory, 'node_modules', name, 'package.json'));
    if (version !== undefined) return version;
  }
  return undefined;
}

function versionIn(path: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    // Not there, or not readable: then it says nothing.
    return undefined;
  }
}
