/** Where does a server keep its files? In a folder that goes when the server does, or with the process that made it. */

import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Those that are there still. */
const folders = new Set<string>();
let isWatching = false;

/** @param name What it is for: `bulwark-<name>-…` in the system's folder for temporary files. */
export async function temporaryFolder(name: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `bulwark-${name}-`));
  folders.add(path);
  removeAllAtExit();
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      folders.delete(path);
    },
  };
}

function removeAllAtExit(): void {
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  });
}
