/** Serves one variant of the benchmark's app in a process of its own, whose CPU time can be asked for. */

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fullLoad, type Load, type Target } from './load.js';

const SERVE = fileURLToPath(new URL('../apps/serve.js', import.meta.url));

export interface Measured extends Load {
  /** Microseconds of the server's CPU time, all its threads together. */
  readonly cpuPerRequest: number;
}

/** What the process says: once that it listens, then the CPU time that it has used. */
export type ServerMessage = Started | { readonly cpuMicros: number };

export interface Started {
  readonly port: number;
  /** From making the app to listening, in milliseconds. */
  readonly bootMs: number;
  /** From the start of the process to listening: what has to be imported counts. */
  readonly upMs: number;
}

/** Requests after which code has been compiled as well as it gets, and the longest that is waited for them. */
const WARM_REQUESTS = 4000;
const WARM_SECONDS = 8;

export class Server {
  readonly #warm = new Set<string>();

  private constructor(
    readonly started: Started,
    private readonly child: ChildProcess,
  ) {}

  /** @param args platform, variant and whatever else `apps/serve.ts` takes. */
  static async start(...args: readonly string[]): Promise<Server> {
    const execArgv = process.env.BENCH_PROF ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROF}`] : [];
    const child = fork(SERVE, args, {
      execArgv,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    const message = await answerOf(child);
    if (!('port' in message)) throw new Error('The server said nothing of its port.');
    return new Server(message, child);
  }

  get port(): number {
    return this.started.port;
  }

  /** Warms up, the first time thoroughly, then measures. */
  async measure(target: Target, seconds: number): Promise<Measured> {
    await this.#warmUp(target);
    const before = await this.cpuMicros();
    const load = await fullLoad(this.port, target, seconds);
    return { ...load, cpuPerRequest: ((await this.cpuMicros()) - before) / load.requests };
  }

  async #warmUp(target: Target): Promise<void> {
    const name = `${target.method} ${target.path} ${target.status}`;
    const asked = this.#warm.has(name) ? 1 : WARM_REQUESTS;
    let sent = 0;
    for (let second = 0; second < WARM_SECONDS && sent < asked; second++) {
      sent += (await fullLoad(this.port, target, 1)).requests;
    }
    this.#warm.add(name);
  }

  async cpuMicros(): Promise<number> {
    this.child.send('cpu');
    const message = await answerOf(this.child);
    return 'cpuMicros' in message ? message.cpuMicros : NaN;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.send('stop');
    await ended;
  }
}

function answerOf(child: ChildProcess): Promise<ServerMessage> {
  return new Promise((resolve, reject) => {
    const failed = (code: number | null): void => reject(new Error(`The server ended with ${code}.`));
    child.once('exit', failed);
    child.once('message', (message) => {
      child.off('exit', failed);
      resolve(message as ServerMessage);
    });
  });
}
