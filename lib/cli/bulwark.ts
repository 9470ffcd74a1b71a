#!/usr/bin/env node
/** The `bulwark` command. */

import { runApart } from './apart.js';
import { EXIT } from './exit.js';
import { processTerminal } from './terminal.js';

void main();

async function main(): Promise<void> {
  // Whatever ends the process before the command has: nobody may take that for a yes.
  process.exitCode = EXIT.boot;
  process.exit(await runApart(process.argv.slice(2), processTerminal()));
}
