/** What do the command and the process that boots the app say to each other? */

import type { ExitCode } from './exit.js';

/** What is asked of the process. */
export interface Task {
  readonly args: readonly string[];
  readonly hasColours: boolean;
  readonly isWatched: boolean;
}

/** What it says: some text, or that it has ended. Marked, for the app may say things of its own. */
export interface Said {
  readonly from: typeof COMMAND;
  readonly stream?: 'out' | 'err';
  readonly text?: string;
  readonly code?: ExitCode;
}

export const COMMAND = 'nestjs-bulwark';

export function isSaid(message: unknown): message is Said {
  return typeof message === 'object' && message !== null && (message as Partial<Said>).from === COMMAND;
}
