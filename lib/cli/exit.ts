/** How did a command end? The exit codes, for scripts to go by. */

export const EXIT = {
  ok: 0,
  /** There are findings, something is broken, or the inventory is not what the file says. */
  found: 1,
  /** The command line makes no sense, or a file that it names cannot be read or written. */
  usage: 2,
  /** The app could not be loaded, or did not start. */
  boot: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message for people. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    readonly code: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(EXIT.usage, message, { cause });
}
