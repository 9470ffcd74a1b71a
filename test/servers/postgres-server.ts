/** A Postgres of one's own: private, in a temporary folder, on a free port, ended with whoever asked for it. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programOf } from './binaries.js';
import { onFreePort, startServer, type ServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);

export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Cuts all connections, ends in order, and removes what it stored. */
  stop(): Promise<void>;
  /** Cuts everything at once, as a crash would; what was committed is there after `restart()`. */
  kill(): Promise<void>;
  /** Stops the listening process where it stands: what is connected goes on, who comes new waits. */
  pause(): void;
  resume(): void;
  /** Starts it again on the same port with what it had stored; one that runs is ended first. */
  restart(): Promise<void>;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

export async function postgresServer(): Promise<PostgresServer> {
  const { path: folder, remove } = await temporaryFolder('postgres');
  const user = await userBelowRoot();
  const password = randomBytes(12).toString('hex');
  const data = join(folder, 'data');
  try {
    if (user) await chown(folder, user.uid, user.gid);
    await initialise(folder, data, password, user);
    return await onFreePort(async (port) => {
      const start = (): Promise<ServerProcess> => startServer(postgresCommand(data, port, user));
      let server = await start();
      return {
        url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
        port,
        stop: async () => {
          await server.end('SIGINT');
          await remove();
        },
        kill: () => server.end('SIGQUIT'),
        pause: () => server.signal('SIGSTOP'),
        resume: () => server.signal('SIGCONT'),
        restart: async () => {
          await server.end('SIGINT');
          server = await start();
        },
      };
    });
  } catch (error) {
    await remove();
    throw error;
  }
}

async function initialise(folder: string, data: string, password: string, user: User | undefined): Promise<void> {
  const secret = join(folder, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(secret, password, { mode: 0o600 });
  if (user) await Promise.all([data, secret].map((path) => chown(path, user.uid, user.gid)));
  const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', secret];
  args.push('--no-locale', '-E', 'UTF8', '--no-sync', '--no-instructions');
  await run(programOf('postgres', 'initdb'), args, { ...user, cwd: '/' });
  await rm(secret);
}

/** What is committed outlives a crash of the processes, and not one of the machine: nobody waits for a disk. */
function postgresCommand(data: string, port: number, user: User | undefined) {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '16MB',
    max_connections: '100',
    log_min_messages: 'log',
  };
  return {
    program: programOf('postgres', 'postgres'),
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    ready: /ready to accept connections/,
    user,
    stopSignal: 'SIGINT' as const,
    orphanSignal: 'QUIT',
  };
}

/** Postgres refuses to run as root: then it runs as its own user, or as nobody. */
async function userBelowRoot(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  if (entry === undefined)
    throw new Error('Postgres refuses to run as root, and there is neither postgres nor nobody.');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}
