#!/usr/bin/env node
/** The `bulwark` command. */

import 'reflect-metadata';
import { run } from './run.js';
import { processTerminal } from './terminal.js';

void main();

/** An app that was booted may leave timers behind, so the process does not wait for them. */
async function main(): Promise<void> {
  process.exit(await run(process.argv.slice(2), processTerminal()));
}
