/** What does the inventory in a file say? */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseInventory } from '../inventory/formats/inventory-json.js';
import type { Inventory } from '../inventory/inventory.service.js';
import { usageError } from './exit.js';
import type { Terminal } from './terminal.js';

/** @throws CliError naming the flag, where the file cannot be read or is no inventory. */
export async function readInventory(flag: string, file: string, { folder }: Terminal): Promise<Inventory> {
  let text: string;
  try {
    text = await readFile(resolve(folder, file), 'utf8');
  } catch (error) {
    const fix = `Write it first: bulwark inventory --write ${file}.`;
    throw usageError(
      `--${flag}: ${file} cannot be read. ${flag === 'check' ? `Write it first, with --write ${file}.` : fix}`,
      error,
    );
  }
  try {
    return parseInventory(text, file);
  } catch (error) {
    throw usageError((error as Error).message, error);
  }
}
