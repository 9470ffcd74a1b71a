/** Where does a result go? To the file that `--output` names, or for all to see. */

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from './exit.js';
import type { Terminal } from './terminal.js';

/** To `--output`, or for all to see. */
export async function emit(text: string, flags: ReadonlyMap<string, string>, terminal: Terminal): Promise<void> {
  const output = flags.get('output');
  if (output === undefined) await terminal.print(text);
  else await writeText(output, text, terminal);
}

export async function writeText(file: string, text: string, { folder }: Terminal): Promise<void> {
  try {
    await writeFile(resolve(folder, file), text);
  } catch (error) {
    throw usageError(`${file} cannot be written: ${(error as Error).message}.`, error);
  }
}
