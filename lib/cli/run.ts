/** Runs one command line, and says how it ended. */

import { ATTACK_FLAGS, attackCommand } from './attack.command.js';
import { AUDIT_FLAGS, auditCommand } from './audit.command.js';
import { readCommandLine } from './command-line.js';
import { CliError, EXIT, type ExitCode } from './exit.js';
import { HELP } from './help.js';
import { INVENTORY_FLAGS, inventoryCommand } from './inventory.command.js';
import { ownVersion } from '../core/own-version.js';
import { POSTURE_FLAGS, postureCommand } from './posture.command.js';
import type { Terminal } from './terminal.js';

const COMMANDS = {
  inventory: INVENTORY_FLAGS,
  audit: AUDIT_FLAGS,
  posture: POSTURE_FLAGS,
  attack: ATTACK_FLAGS,
} as const;

/** Never throws. What went wrong is written where complaints go. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    await terminal.complain(`bulwark: ${reasonOf(error)}\n`);
    return error instanceof CliError ? error.code : EXIT.boot;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { command, flags } = readCommandLine(args, COMMANDS);
  if (flags.has('version')) {
    await terminal.print(`${ownVersion()}\n`);
    return EXIT.ok;
  }
  if (flags.has('help')) {
    await terminal.print(HELP);
    return EXIT.ok;
  }
  if (command === undefined) {
    await terminal.complain(HELP);
    return EXIT.usage;
  }
  if (command === 'attack') return attackCommand(flags, terminal);
  if (command === 'posture') return postureCommand(flags, terminal);
  return command === 'audit' ? auditCommand(flags, terminal) : inventoryCommand(flags, terminal);
}

/** An app that does not boot says why itself, with its stack where it is no mistake that was foreseen. */
function reasonOf(error: unknown): string {
  if (!(error instanceof CliError)) return stackOf(error);
  const { cause } = error;
  return error.code === EXIT.boot && cause !== undefined ? `${error.message}\n${stackOf(cause)}` : error.message;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A TypeError at boot names option, value and fix; where it was thrown says nothing more.
  return error instanceof TypeError || error.stack === undefined ? error.message : error.stack;
}
