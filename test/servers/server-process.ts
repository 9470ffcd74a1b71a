/** How is a server started, signalled and ended, so that none is left behind? */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** What it prints once it takes connections. */
  readonly ready: RegExp;
  /** Who it runs as. Default: whoever runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** The polite signal. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** What the kernel sends it should the tests end without a word (Linux). Default KILL. */
  readonly orphanSignal?: string;
}

export interface ServerProcess {
  readonly pid: number;
  /** What it has printed. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Signals, and waits until it is gone; after ten seconds by SIGKILL. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Those of this process (or worker thread) that still run. */
const running = new Set<ChildProcess>();
let isWatching = false;

/** @throws Error with what the server printed, when it ends or stays silent instead of getting ready. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const [program, ...args] = withGuardian(command);
  const child = spawn(program!, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  endAllAtExit();
  let output = '';
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void exited.then(() => running.delete(child));
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it did not get ready in time')), READY_WITHIN_MS);
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000);
      if (!command.ready.test(output)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    void exited.then(() => {
      clearTimeout(timer);
      reject(new Error('it ended'));
    });
  });
  const end = async (signal: NodeJS.Signals = command.stopSignal ?? 'SIGTERM'): Promise<void> => {
    if (hasEnded(child)) return exited;
    child.kill('SIGCONT'); // A paused server hears nothing else.
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await exited;
    clearTimeout(timer);
  };
  try {
    await ready;
  } catch (error) {
    await end('SIGKILL');
    throw new Error(`${command.program}: ${(error as Error).message}\n${output}`, { cause: error });
  }
  return { pid: child.pid!, output: () => output, signal: (name) => void child.kill(name), end };
}

/** Ports below 50000 that nobody listens on, with room for the bus port of a Redis Cluster 10000 above. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
  throw new Error('no free port between 20000 and 32000');
}

/** Another process may take a port between the look and the start: then with another port, a few times. */
export async function onFreePort<Server>(start: (port: number) => Promise<Server>): Promise<Server> {
  for (let tries = 1; ; tries++) {
    try {
      return await start(await freePort());
    } catch (error) {
      const isTaken = /in use|could not bind|Failed listening/i.test((error as Error).message);
      if (!isTaken || tries === 5) throw error;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** `setpriv` changes the user, and asks the kernel to end the server when whoever started it is gone, however it went. */
function withGuardian({ program, args, user, orphanSignal = 'KILL' }: ServerCommand): string[] {
  if (hasGuardian()) {
    const who = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
    return ['setpriv', `--pdeathsig=${orphanSignal}`, ...who, program, ...args];
  }
  if (user) throw new Error(`${program} does not run as root, and there is no setpriv to change the user.`);
  return [program, ...args];
}

let guardian: boolean | undefined;
function hasGuardian(): boolean {
  return (guardian ??= spawnSync('setpriv', ['--pdeathsig=KILL', 'true']).status === 0);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function endAllAtExit(): void {
  if (isWatching) return;
  isWatching = true;
  process.once('exit', () => {
    for (const child of running) child.kill('SIGKILL');
  });
}
