/** Boots the app that the flags name, quietly, and asks it something. */

import { resolve } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { readEnvironment } from '../core/environment.js';
import { loadAppSource, type AppSource } from './app-source.js';
import { withApp, type Platform } from './booted-app.js';
import type { FlagRules } from './command-line.js';
import { CliError, usageError } from './exit.js';
import type { Terminal } from './terminal.js';

export const APP_FLAGS: FlagRules = {
  app: { value: 'a compiled file, e.g. dist/app.module.js' },
  platform: { value: 'express or fastify', choices: ['express', 'fastify'] },
  output: { value: 'a file' },
  'boot-timeout': { value: 'a number of seconds' },
};

/**
 * @param seen Is told what was loaded, before it is booted.
 * @throws CliError when the app does not boot, after showing what it had to say.
 */
export async function lookAtApp<T>(
  flags: ReadonlyMap<string, string>,
  terminal: Terminal,
  look: (app: INestApplication) => T | Promise<T>,
  seen?: (source: AppSource) => void,
): Promise<T> {
  const app = flags.get('app');
  if (app === undefined) throw usageError('--app: missing. Name a compiled file, e.g. --app dist/app.module.js.');
  // Read by the app when it is loaded, so it has to be there before.
  terminal.env['NODE_ENV'] ??= 'development';
  terminal.starting?.(resolve(terminal.folder, app.replace(/#[^#]*$/, '')));
  const platform = flags.get('platform') as Platform | undefined;
  const limitMs = bootLimitOf(flags);
  const outcome = await terminal.silently(async () => {
    return withApp(
      async () => {
        const source = await loadAppSource(app, terminal.folder);
        seen?.(source);
        return source;
      },
      { platform, limitMs },
      look,
    );
  });
  if (!('error' in outcome)) return outcome.result;
  if (outcome.printed !== '') await terminal.complain(outcome.printed);
  throw outcome.error instanceof CliError ? outcome.error : asError(outcome.error);
}

/** An app that opens connections when it starts may need some time; one that never ends needs an end. */
const BOOT_LIMIT_S = 60;
/** What timers can wait for. */
const MOST_S = 86_400;

function bootLimitOf(flags: ReadonlyMap<string, string>): number {
  const written = flags.get('boot-timeout') ?? String(BOOT_LIMIT_S);
  const seconds = Number(written);
  if (!(seconds > 0 && seconds <= MOST_S)) throw usageError(`--boot-timeout: "${written}" is no number of seconds.`);
  return seconds * 1000;
}

/** Said by every command, for what it prints is less than what runs. */
export const MODULE_NOTE =
  'A module was looked at: what main.ts does (prefix, versioning, secureApp()) was not seen. --app path#function sees it too.\n';

/** Said where the rules of production were not asked for: what they would find is not among the findings. */
export const DEVELOPMENT_NOTE =
  'Judged as development: secrets, API documentation and the settings of the process were not. --production judges as production.\n';

/** Findings about the NODE_ENV that the command was run with, where it is not that of production. */
export const OF_NODE_ENV: readonly string[] = ['config/node-env', 'config/development-on-a-platform'];

export function isDevelopment({ env }: Terminal): boolean {
  return !readEnvironment(env).production;
}

/** A finding about what only main.ts does, which cannot be seen in a module. */
export const OF_MAIN = 'edge/no-secure-app';

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
