/** Where does a result go? To the file that `--output` names, or for all to see. */

import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from './exit.js';
import type { Terminal } from './terminal.js';

/** Other names of what is written to anyway. The app has a standard output of its own. */
const STANDARD_OUTPUT: ReadonlySet<string> = new Set(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1']);

/** To `--output`, or for all to see. */
export async function emit(text: string, flags: ReadonlyMap<string, string>, terminal: Terminal): Promise<void> {
  const output = flags.get('output');
  if (output === undefined || STANDARD_OUTPUT.has(output)) await terminal.print(text);
  else await writeText(output, text, terminal);
}

/** A file is replaced in one step, so that nobody reads half of it. Pipes, devices and links are written to as they are. */
export async function writeText(file: string, text: string, { folder }: Terminal): Promise<void> {
  const path = resolve(folder, file);
  const part = `${path}.${process.pid}.part`;
  try {
    if (!(await isReplaceable(path))) return await writeFile(path, text);
    await writeFile(part, text, { flag: 'wx' });
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw usageError(`${file} cannot be written: ${(error as Error).message}.`, error);
  }
}

async function isReplaceable(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found === undefined || found.isFile();
}
