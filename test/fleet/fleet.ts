/** Several processes of the sample app behind one Redis and one Postgres, as a load balancer sees them. */

import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { send, type Answer, type Sent } from '../app.js';
import { PATIENT } from '../sample-app/shop.js';
import { freePort } from '../servers/server-process.js';
import { compileShop } from './compiled-shop.js';

const START_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 5_000;

export interface Instance {
  readonly port: number;
  send(line: string, sent?: Sent): Promise<Answer>;
  /** Ended at once, as a crash would. */
  kill(): Promise<void>;
}

export interface Fleet {
  readonly instances: readonly Instance[];
  /** The same call at all of them, at once. */
  everywhere(line: string, sent?: Sent): Promise<Answer[]>;
  /** What the instances printed: for a test that fails. */
  output(): string;
  close(): Promise<void>;
}

export interface FleetInit {
  readonly size: number;
  /** `REDIS_URL`, `DATABASE_URL`, `SHOP_NAME`. */
  readonly env: Readonly<Record<string, string>>;
}

export async function openFleet({ size, env }: FleetInit): Promise<Fleet> {
  const shop = await compileShop();
  const children: ChildProcess[] = [];
  let output = '';
  const shared = { ...secrets(), ...env, NODE_ENV: 'development', ...PATIENT, PATH: process.env.PATH ?? '' };
  const start = async (index: number): Promise<Instance> => {
    const port = await freePort();
    const platform = index % 2 === 0 ? 'express' : 'fastify';
    const child = spawn(process.execPath, [shop.main], {
      env: { ...shared, PORT: String(port), PLATFORM: platform },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    await listening(child, (text) => (output += text));
    return { port, send: (line, sent) => send(port, line, sent), kill: () => end(child, 'SIGKILL') };
  };
  const close = async (): Promise<void> => {
    await Promise.all(children.map((child) => end(child, 'SIGTERM')));
    await shop.remove();
  };
  try {
    const instances = await Promise.all(Array.from({ length: size }, (_, index) => start(index)));
    return {
      instances,
      everywhere: (line, sent) => Promise.all(instances.map((instance) => instance.send(line, sent))),
      output: () => output,
      close,
    };
  } catch (error) {
    await close();
    throw new Error(`${(error as Error).message}\n${output}`, { cause: error });
  }
}

/** What all instances have to have in common. */
function secrets(): Record<string, string> {
  const secret = (): string => randomBytes(32).toString('base64');
  return { BULWARK_JWT_SECRET: secret(), BULWARK_FLOW_SECRET: secret(), BULWARK_MFA_KEY: secret() };
}

async function listening(child: ChildProcess, heard: (text: string) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('an instance did not listen in time')), START_WITHIN_MS);
    const read = (chunk: Buffer): void => {
      heard(chunk.toString());
      if (!chunk.toString().includes('is listening on')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
    child.once('exit', (code) => reject(new Error(`an instance ended with ${code}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exited;
  clearTimeout(timer);
}
