/** Builds and packs a copy of the repository, and installs the tarball into a fresh project, as a stranger would. */

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOT_COPIED = new Set(['node_modules', 'dist', 'coverage', '.git']);

/** What an app that uses the library has beside it: required peers and one platform, no optional peer more. */
const BESIDE = [
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/platform-express',
  'class-transformer',
  'class-validator',
  'reflect-metadata',
  'rxjs',
  '@types/node',
];

export interface Packed {
  readonly tarball: string;
  /** Paths in the tarball, sorted. */
  readonly files: readonly string[];
  /** A fresh project that has the tarball and its peers installed, and nothing else. */
  readonly project: string;
  /** Runs Node in the project. @returns what it printed. */
  node(...args: string[]): Promise<string>;
  /** A project that has the library and the named packages, and nothing else. @returns what runs Node there. */
  onlyWith(...packages: readonly string[]): Promise<(...args: readonly string[]) => Promise<string>>;
  /** Runs the TypeScript compiler in the project. @throws with its report when it finds anything. */
  tsc(config: object): Promise<void>;
  remove(): Promise<void>;
}

export async function packAndInstall(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'bulwark-package-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    return { ...(await fill(folder)), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function fill(folder: string): Promise<Omit<Packed, 'remove'>> {
  // A copy, so that nobody else's build can pull dist/ away from under this one.
  const source = join(folder, 'source');
  await cp(ROOT, source, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
  await symlink(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'dir');
  await report(run('npm', ['run', '--silent', 'build'], { cwd: source }));
  const packed = await report(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: source }),
  );
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
  const tarball = join(folder, filename);

  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'fresh-project', private: true, type: 'module' }),
  );
  const peers = await Promise.all(BESIDE.map(async (name) => `${name}@${await installedVersion(name)}`));
  await report(
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball, ...peers], {
      cwd: project,
    }),
  );
  return {
    tarball,
    files: files.map(({ path }) => path).toSorted(),
    project,
    node: async (...args) => (await report(run(process.execPath, args, { cwd: project, env: env() }))).stdout,
    onlyWith: async (...packages) => {
      const bare = await mkdtemp(join(folder, 'bare-'));
      for (const name of ['nestjs-bulwark', ...packages]) {
        await cp(join(project, 'node_modules', name), join(bare, 'node_modules', name), { recursive: true });
      }
      return async (...args) => (await report(run(process.execPath, [...args], { cwd: bare, env: env() }))).stdout;
    },
    tsc: async (config) => {
      await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
      await report(
        run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', project], { cwd: project }),
      );
    },
  };
}

/** As it is when something is run. */
function env(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_ENV: 'test' };
}

async function installedVersion(name: string): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** A failed command says what it printed, not only that it failed. */
async function report(
  running: Promise<{ stdout: string; stderr: string }>,
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await running;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error([message, stdout, stderr].filter(Boolean).join('\n'), { cause: error });
  }
}
