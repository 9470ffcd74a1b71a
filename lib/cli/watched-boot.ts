/** Does the boot come to an end? It has a time limit, and an app that ends the process meanwhile has not booted. */

import { CliError, EXIT } from './exit.js';

/** What is done with the process while an app boots. Its own `process`, but for tests. */
export type Endable = Pick<NodeJS.Process, 'exit' | 'abort'>;

/**
 * @param limitMs After so many milliseconds the boot has failed. The timer also keeps the process alive until then: where
 * nothing else does, a boot that waits for ever would end it silently.
 * @throws CliError when the time is up, and when `process.exit()` or `process.abort()` was called. Nest calls them for an app
 * that does not start, unless it was created with `abortOnError: false`.
 */
export async function watchedBoot<T>(run: () => Promise<T>, limitMs: number, ended: Endable = process): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new CliError(EXIT.boot, `The app did not start within ${limitMs / 1000} seconds (--boot-timeout).`));
    }, limitMs);
  });
  try {
    // Inside, so that the process is its own again when the time is up.
    return await unended(() => Promise.race([run(), late]), 'The app did not start', ended);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs something of the app's while it cannot end the process: an exit code of its own would be taken for the command's.
 *
 * @throws CliError when it tries to.
 */
export async function unended<T>(run: () => Promise<T>, said: string, ended: Endable = process): Promise<T> {
  const { exit, abort } = ended;
  const failed = new Promise<never>((_, reject) => {
    const end = (how: string): never => {
      const error = new CliError(EXIT.boot, `${said}: it called ${how}.`);
      reject(error);
      // Whoever ends the process does not expect to go on.
      throw error;
    };
    ended.exit = (code) => end(`process.exit(${code ?? ''})`);
    ended.abort = () => end('process.abort()');
  });
  try {
    return await Promise.race([run(), failed]);
  } finally {
    ended.exit = exit;
    ended.abort = abort;
  }
}
