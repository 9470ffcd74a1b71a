/** The process in which the app is booted. Started by the command, and told by it what to do. */

import 'reflect-metadata';
import { COMMAND, type Said, type Task } from './app-channel.js';
import { EXIT } from './exit.js';
import { run } from './run.js';
import { processTerminal } from './terminal.js';

process.exitCode = EXIT.boot;
// Nobody waits for the answer any more.
process.once('disconnect', () => process.exit());
process.once('message', ({ args, hasColours, isWatched }: Task) => {
  const print = (text: string) => said({ stream: 'out', text });
  const complain = (text: string) => said({ stream: 'err', text });
  // As if it had been started itself.
  const starting = (file: string) => void (process.argv[1] = file);
  void run(args, { ...processTerminal(), hasColours, isWatched, print, complain, starting }).then((code) =>
    said({ code }),
  );
});

function said(what: Omit<Said, 'from'>): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!({ from: COMMAND, ...what }, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
