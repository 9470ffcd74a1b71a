/** Which file do results belong to? Code scanners show none without one. */

import { isAbsolute } from 'node:path';

/** The path of `--app`, as a URI. An absolute one says something about this machine, and nothing about the repository. */
export function artifactOf(app: string): string | undefined {
  const path = app.replace(/#[^#]*$/, '').replace(/^\.\//, '');
  return isAbsolute(path) ? undefined : path.split(/[\\/]/).map(encodeURIComponent).join('/');
}
