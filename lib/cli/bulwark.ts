#!/usr/bin/env node
/** The `bulwark` command. */

import 'reflect-metadata';
import { EXIT } from './exit.js';
import { run } from './run.js';
import { processTerminal } from './terminal.js';

void main();

/** An app that was booted may leave timers behind, so the process does not wait for them. */
async function main(): Promise<void> {
  // Whatever ends the process before the command has: nobody may take that for a yes.
  process.exitCode = EXIT.boot;
  process.exit(await run(process.argv.slice(2), processTerminal()));
}
