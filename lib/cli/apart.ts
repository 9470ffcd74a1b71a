/** Runs a command in a process of its own: whatever the app does there, results are results and the command ends. */

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isSaid, type Said, type Task } from './app-channel.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Terminal } from './terminal.js';

/**
 * What the app writes to its standard output, by whatever means, is kept, and shown only when it does not boot. An app that
 * throws where nobody catches it, or ends its process, did not boot; one that does not end is ended.
 */
export async function runApart(
  args: readonly string[],
  terminal: Pick<Terminal, 'print' | 'complain' | 'hasColours' | 'isWatched'>,
): Promise<ExitCode> {
  const child = fork(fileURLToPath(new URL('./app-process.js', import.meta.url)), [], {
    stdio: ['inherit', 'pipe', 'inherit', 'ipc'],
  });
  const kept: Buffer[] = [];
  child.stdout!.on('data', (chunk: Buffer) => kept.push(chunk));
  const code = await answerOf(
    child,
    { args, hasColours: terminal.hasColours, isWatched: terminal.isWatched },
    terminal,
  ).catch(() => EXIT.boot);
  child.kill('SIGKILL');
  if (code === EXIT.boot && kept.length > 0) await terminal.complain(Buffer.concat(kept).toString('utf8'));
  return code;
}

function answerOf(child: ChildProcess, task: Task, terminal: Pick<Terminal, 'print' | 'complain'>): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    // One after the other: a slow reader gets everything before the end.
    let written = Promise.resolve();
    const afterwards = (step: () => void | Promise<void>): void => {
      written = written.then(step);
      written.catch(reject);
    };
    child.on('message', (message) => {
      if (isSaid(message)) afterwards(() => take(message, terminal, resolve));
    });
    child.once('error', reject);
    // Not at its exit: what it had said before may still be on the way.
    child.once('disconnect', () => {
      afterwards(() => terminal.complain('bulwark: The process of the app ended before the command had.\n'));
      afterwards(() => resolve(EXIT.boot));
    });
    child.send(task);
  });
}

function take(
  { stream, text, code }: Said,
  terminal: Pick<Terminal, 'print' | 'complain'>,
  end: (code: ExitCode) => void,
): void | Promise<void> {
  if (code !== undefined) return end(code);
  return stream === 'out' ? terminal.print(text!) : terminal.complain(text!);
}
