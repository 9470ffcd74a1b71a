/** Where are the server programs: on the PATH, in the usual Debian places, or one apt-get away? */

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The engines that the suites run on. */
export type Engine = 'redis' | 'postgres';

const PACKAGES: Readonly<Record<Engine, string>> = { redis: 'redis-server', postgres: 'postgresql' };
const PROGRAMS: Readonly<Record<Engine, readonly string[]>> = {
  redis: ['redis-server'],
  postgres: ['postgres', 'initdb'],
};

/** @returns the path of a program. @throws Error that says what to install. */
export function programOf(engine: Engine, name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is not on the PATH: install ${PACKAGES[engine]}.`);
  return found;
}

export function isInstalled(engine: Engine): boolean {
  return PROGRAMS[engine].every((name) => findProgram(name) !== undefined);
}

/** What is there already, or is there now. Only root on Debian or Ubuntu installs anything, and says so. */
export async function installed(engine: Engine, say: (line: string) => void): Promise<boolean> {
  if (isInstalled(engine)) return true;
  if (!mayInstall()) return false;
  say(`${PACKAGES[engine]} is not installed: running apt-get install ${PACKAGES[engine]} (root on Debian).`);
  // No service is started by the installation: the tests start their own servers, on ports of their own.
  const options = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  for (const args of [['update'], ['install', ...options, PACKAGES[engine]]]) {
    await run('apt-get', args, { env, timeout: 240_000 }).catch((error: unknown) =>
      say(`apt-get ${args[0]} failed: ${(error as Error).message.trim().split('\n').at(-1)}`),
    );
  }
  return isInstalled(engine);
}

function mayInstall(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || findProgram('apt-get') === undefined) return false;
  return (
    existsSync('/etc/os-release') && /^ID(?:_LIKE)?=.*(?:debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))
  );
}

function findProgram(name: string): string | undefined {
  return placesToLook()
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function placesToLook(): string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  return [
    ...onPath,
    '/usr/bin',
    '/usr/sbin',
    '/usr/local/bin',
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
