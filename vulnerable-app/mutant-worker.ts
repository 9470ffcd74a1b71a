/** Who attacks the mutants? A process of its own, for as long as it answers: what all of them import is loaded once. */

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Fate, MutantTask } from './mutant.child.js';

const CHILD = fileURLToPath(new URL('mutant.child.js', import.meta.url));
/** After so long a mutant hangs, in milliseconds. */
const PATIENCE_MS = 180_000;
/** What was imported stays in memory: after so many a new process takes over. */
const MOST_TASKS = 30;

export class MutantWorker {
  #child: ChildProcess | undefined;
  #tasks = 0;

  async run(task: MutantTask): Promise<Fate> {
    const child = (this.#child ??= fork(CHILD, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }));
    const fate = await answerOf(child, task);
    if (fate.outcome === 'failed' || ++this.#tasks >= MOST_TASKS) this.close();
    return fate;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.#tasks = 0;
  }
}

function answerOf(child: ChildProcess, task: MutantTask): Promise<Fate> {
  return new Promise((resolve) => {
    let told = '';
    const hear = (chunk: Buffer) => (told = (told + chunk.toString('utf8')).slice(-2_000));
    const end = (fate: Fate) => {
      clearTimeout(timer);
      child.removeAllListeners();
      child.stderr!.off('data', hear);
      resolve(fate);
    };
    const failed = (why: string) =>
      end({ outcome: 'failed', why: `${why} ${told.trim().split('\n').at(-1)}`, count: 0 });
    const timer = setTimeout(() => failed(`no answer within ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
    child.stderr!.on('data', hear);
    child.once('message', (fate: Fate) => end(fate));
    child.once('exit', () => failed('it ended without a word'));
    child.send(task);
  });
}
