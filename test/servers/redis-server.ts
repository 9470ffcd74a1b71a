/** A Redis of one's own: private, empty, on a free port, ended with whoever asked for it. */

import { programOf } from './binaries.js';
import { onFreePort, startServer, type ServerProcess } from './server-process.js';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it politely. */
  stop(): Promise<void>;
  /** Ends it at once: connections break without a word. */
  kill(): Promise<void>;
  /** Stops the process where it stands: connections stay open, and nobody answers. */
  pause(): void;
  resume(): void;
  /** Starts it again on the same port, empty; one that runs is killed first. */
  restart(): Promise<void>;
}

export interface RedisServerOptions {
  /** More of redis.conf, as arguments: `['--maxmemory', '1mb']`. */
  readonly args?: readonly string[] | ((port: number) => readonly string[]);
}

export function redisServer({ args = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  return onFreePort(async (port) => {
    const start = (): Promise<ServerProcess> =>
      startServer(redisCommand(port, typeof args === 'function' ? args(port) : args));
    let server = await start();
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      stop: () => server.end(),
      kill: () => server.end('SIGKILL'),
      pause: () => server.signal('SIGSTOP'),
      resume: () => server.signal('SIGCONT'),
      restart: async () => {
        await server.end('SIGKILL');
        server = await start();
      },
    };
  });
}

const SETTINGS = { bind: '127.0.0.1', save: '', appendonly: 'no', daemonize: 'no', logfile: '', unixsocket: '' };

/** Nothing is written to disk, nobody comes but over the loopback. */
export function redisCommand(port: number, args: readonly string[] = []) {
  return {
    program: programOf('redis', 'redis-server'),
    args: [
      ...Object.entries({ port: String(port), ...SETTINGS }).flatMap(([name, value]) => [`--${name}`, value]),
      ...args,
    ],
    ready: /Ready to accept connections/,
  };
}
