/** What if the app throws where nobody catches it? Node would end the process, with an exit code that says something else. */

import { CliError, EXIT } from './exit.js';

/** What is listened to. Its own `process`, but for tests. */
export type Throwing = Pick<NodeJS.Process, 'on' | 'off'>;

/**
 * Runs something of the app's while nothing that it throws later can end the process.
 *
 * @param where What was going on, for people.
 * @throws CliError for the first error that nobody caught.
 */
export async function caught<T>(run: () => Promise<T>, where: () => string, from: Throwing = process): Promise<T> {
  let failed: (error: unknown) => void = () => undefined;
  const thrown = new Promise<never>((_, reject) => {
    failed = (error) =>
      reject(new CliError(EXIT.boot, `${where()}: the app threw what nobody caught.`, { cause: error }));
  });
  const listener = (error: unknown) => failed(error);
  from.on('uncaughtException', listener);
  from.on('unhandledRejection', listener);
  try {
    return await Promise.race([run(), thrown]);
  } finally {
    from.off('uncaughtException', listener);
    from.off('unhandledRejection', listener);
  }
}
