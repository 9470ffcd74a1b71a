/** What does the command line ask for? A command, and its flags, each checked. */

import { nearest } from '../core/checks.js';
import { usageError } from './exit.js';

export interface CommandLine {
  readonly command: string | undefined;
  readonly flags: ReadonlyMap<string, string>;
}

/** A flag that takes a value, and what may be in its place; or one that takes none. */
export interface FlagRule {
  readonly value?: string;
  readonly choices?: readonly string[];
  /** It may be given more than once: the values are joined by commas. */
  readonly isList?: boolean;
}

export type FlagRules = Readonly<Record<string, FlagRule>>;

/** Also taken after the command: `bulwark audit --help`. */
const ANYWHERE: FlagRules = { help: {}, version: {} };

/**
 * @param commands The flags of each command.
 * @throws CliError naming what was written and what was probably meant.
 */
export function readCommandLine(args: readonly string[], commands: Readonly<Record<string, FlagRules>>): CommandLine {
  const [command, ...others] = args[0]?.startsWith('-') ? [undefined, ...args] : args;
  if (command !== undefined && !Object.hasOwn(commands, command)) {
    throw usageError(`"${command}" is no command. ${hint(command, Object.keys(commands))}`);
  }
  return { command, flags: readFlags(others as string[], { ...ANYWHERE, ...(command && commands[command]) }) };
}

function readFlags(args: readonly string[], rules: FlagRules): ReadonlyMap<string, string> {
  const flags = new Map<string, string>();
  const left = [...args];
  for (let arg = left.shift(); arg !== undefined; arg = left.shift()) {
    const [, name, written] = /^--([^=]+)(?:=([^]*))?$/.exec(arg === '-h' ? '--help' : arg) ?? [];
    if (name === undefined) throw usageError(`"${arg}" is no flag. Flags begin with two dashes: --app.`);
    const rule = Object.hasOwn(rules, name) ? rules[name]! : undefined;
    if (rule === undefined) throw usageError(`--${name}: unknown flag. ${hint(name, Object.keys(rules), '--')}`);
    const before = flags.get(name);
    if (before !== undefined && !rule.isList) throw usageError(`--${name}: given twice.`);
    const value = valueOf(name, rule, written, left);
    flags.set(name, before === undefined ? value : `${before},${value}`);
  }
  return flags;
}

function valueOf(name: string, { value, choices }: FlagRule, written: string | undefined, left: string[]): string {
  if (value === undefined) {
    if (written !== undefined) throw usageError(`--${name}: takes no value.`);
    return '';
  }
  const given = written ?? (left[0]?.startsWith('--') ? undefined : left.shift());
  if (given === undefined || given === '') throw usageError(`--${name}: needs a value, ${value}.`);
  if (choices !== undefined && !choices.includes(given)) {
    throw usageError(`--${name}: "${given}" is not one of the choices. ${hint(given, choices)}`);
  }
  return given;
}

function hint(written: string, known: readonly string[], dashes = ''): string {
  const near = nearest(written, known);
  if (near !== undefined) return `Did you mean ${dashes}${near}?`;
  return `Known: ${known.map((each) => `${dashes}${each}`).join(', ')}.`;
}
