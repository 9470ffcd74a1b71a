/** How is the app to be attacked? What the file of `--config` says, and what the other flags say instead. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { INestApplication } from '@nestjs/common';
import type { Inventory } from '../inventory/inventory.service.js';
import type { AttackOptions } from '../testing/attack/attack.options.js';
import { usageError } from './exit.js';
import { readInventory } from './inventory-file.js';
import type { Terminal } from './terminal.js';

/** The options, or what makes them when the app is there: ids of objects that it has just stored, say. */
export type AttackConfig = AttackOptions | ((app: INestApplication) => AttackOptions | Promise<AttackOptions>);

/** What a flag says wins over what the file says. */
export interface AttackFlags {
  readonly only?: readonly string[];
  readonly seed?: number;
  readonly baseline?: Inventory;
}

/** @throws CliError when there is no such file. */
export function attackConfigFile(path: string, { folder }: Terminal): string {
  const file = resolve(folder, path);
  if (!existsSync(file)) throw usageError(`--config: there is no ${path}. Compile it first, where it is TypeScript.`);
  return file;
}

/** @throws CliError when the file cannot be loaded, or exports nothing to go by. */
export async function loadAttackConfig(file: string, path: string): Promise<AttackConfig> {
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw usageError(`--config: ${path} could not be loaded. ${String(error)}`, error);
  }
  const found = defaultOf(loaded);
  if (typeof found === 'function' || (typeof found === 'object' && found !== null)) return found as AttackConfig;
  throw usageError(
    `--config: ${path} has no default export. Export the options of attack(), or a function (app) of them.`,
  );
}

/** What a CommonJS file exports by `exports.default` lies one deeper. */
function defaultOf({ default: found }: Readonly<Record<string, unknown>>): unknown {
  if (typeof found !== 'object' || found === null || !Object.hasOwn(found, 'default')) return found;
  return (found as { readonly default: unknown }).default;
}

/** @throws CliError when the function of the file fails. */
export async function optionsOf(config: AttackConfig, app: INestApplication): Promise<AttackOptions> {
  if (typeof config !== 'function') return config;
  try {
    return await config(app);
  } catch (error) {
    throw usageError(
      `--config: its function failed. ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      error,
    );
  }
}

/** @throws CliError for a flag that makes no sense. */
export async function attackFlags(flags: ReadonlyMap<string, string>, terminal: Terminal): Promise<AttackFlags> {
  const [only, seed, baseline] = [flags.get('only'), flags.get('seed'), flags.get('baseline')];
  if (seed !== undefined && !/^-?\d{1,15}$/.test(seed)) throw usageError(`--seed: "${seed}" is no whole number.`);
  return {
    ...(only !== undefined && {
      only: only
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    }),
    ...(seed !== undefined && { seed: Number(seed) }),
    ...(baseline !== undefined && { baseline: await readInventory('baseline', baseline, terminal) }),
  };
}
