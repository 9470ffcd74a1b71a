/** What does the app expose, and has it changed? `bulwark inventory` */

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { plainText } from '../core/plain-text.js';
import type { InventoryChange } from '../inventory/diff/inventory-change.js';
import { changeLine, compareInventories } from '../inventory/diff/inventory-diff.js';
import { inventoryJson, parseInventory } from '../inventory/formats/inventory-json.js';
import { inventoryMarkdown } from '../inventory/formats/inventory-markdown.js';
import type { Inventory } from '../inventory/inventory.service.js';
import { lookAtApp, APP_FLAGS, MODULE_NOTE } from './app-look.js';
import { inventoryOf } from './booted-app.js';
import type { FlagRules } from './command-line.js';
import { emit, writeText } from './emit.js';
import { EXIT, usageError, type ExitCode } from './exit.js';
import { readInventory } from './inventory-file.js';
import { painted, type Terminal } from './terminal.js';

export const INVENTORY_FLAGS: FlagRules = {
  ...APP_FLAGS,
  write: { value: 'a file' },
  check: { value: 'a file' },
  format: { value: 'json or markdown', choices: ['json', 'markdown'] },
};

export async function inventoryCommand(flags: ReadonlyMap<string, string>, terminal: Terminal): Promise<ExitCode> {
  const [write, check] = [flags.get('write'), flags.get('check')];
  const ways = ['write', 'check', 'format'].filter((flag) => flags.has(flag));
  if (ways.length > 1) throw usageError(`--${ways[0]} and --${ways[1]}: one at a time.`);
  if ((write ?? check) !== undefined && flags.has('output')) {
    throw usageError(`--output: goes with --format, not with --${ways[0]}.`);
  }
  const before = check === undefined ? undefined : await readInventory('check', check, terminal);
  let source: Inventory['source'];
  const inventory = await lookAtApp(
    flags,
    terminal,
    (app): Inventory => {
      const { version, ...rest } = inventoryOf(app).inventory();
      return { version, ...(source && { source }), ...rest };
    },
    ({ kind }) => (source = kind === 'module' ? 'module' : 'function'),
  );
  if (source === 'module') await terminal.complain(MODULE_NOTE);
  if (before !== undefined) return compare(before, inventory, check!, terminal);
  if (write !== undefined) {
    await mayBeReplaced(write, terminal);
    await writeText(write, readable(inventoryJson(inventory), write), terminal);
    await terminal.print(`${write}: ${inventory.endpoints.length} endpoints written.\n`);
    return EXIT.ok;
  }
  const text = flags.get('format') === 'json' ? inventoryJson(inventory) : inventoryMarkdown(inventory);
  await emit(text, flags, terminal);
  return EXIT.ok;
}

/** What --check would not read is not written: a stage of the app's own may say what no inventory can hold. */
function readable(text: string, file: string): string {
  try {
    parseInventory(text, file);
  } catch (error) {
    throw usageError(`--write: nothing was written, for --check could not read it. ${(error as Error).message}`, error);
  }
  return text;
}

/** A slip of the hand must not cost a file: only what is an inventory, of whatever version, is written over. */
async function mayBeReplaced(file: string, { folder }: Terminal): Promise<void> {
  const text = await readFile(resolve(folder, file), 'utf8').catch(() => '');
  if (text.trim() === '' || /^\s*\{\s*"version":\s*\d+,/.test(text)) return;
  throw usageError(`--write: ${file} is there, and is no inventory. Name another file, or delete it first.`);
}

async function compare(before: Inventory, now: Inventory, file: string, terminal: Terminal): Promise<ExitCode> {
  const changes = compareInventories(before, now);
  const opening = changes.filter(({ opens }) => opens);
  const others = changes.filter(({ opens }) => !opens);
  const lines: string[] = [];
  if (opening.length > 0) {
    lines.push(`${file}: ${counted(opening)} that may open something`, ...opening.map((each) => line(each, terminal)));
  }
  if (others.length > 0) {
    lines.push(`${file}: ${counted(others)} that open${others.length === 1 ? 's' : ''} nothing`);
    lines.push(...others.map((each) => line(each, terminal)));
  }
  if (opening.length > 0) lines.push(`If that is meant, write it down: the same command with --write ${file}.`);
  else if (others.length > 0) lines.push(`Write it down: the same command with --write ${file}.`);
  else lines.push(`${file}: ${now.endpoints.length} endpoints, no change.`);
  await terminal.print(`${lines.join('\n')}\n`);
  // Also for what closes: a file that is left behind would hide it when the same is opened again.
  return changes.length === 0 ? EXIT.ok : EXIT.found;
}

function counted({ length }: readonly InventoryChange[]): string {
  return `${length} change${length === 1 ? '' : 's'}`;
}

/** The file is a client of this terminal: it cannot steer it. */
function line(change: InventoryChange, terminal: Terminal): string {
  return `  ${painted(plainText(changeLine(change)), change.opens ? 'red' : 'green', terminal)}`;
}
