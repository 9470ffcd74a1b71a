/** Compiles the sample app into a temporary folder, so that processes of their own can run it. */

import { cp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { ROOT } from '../architecture/sources.js';
import { temporaryFolder } from '../servers/temporary-folder.js';

export interface CompiledShop {
  /** What `node` runs. */
  readonly main: string;
  remove(): Promise<void>;
}

/** A file for a file, by the same rules as vitest.config.ts. Types are left to `npm run types`. */
export async function compileShop(): Promise<CompiledShop> {
  const { path: folder, remove } = await temporaryFolder('fleet');
  const dist = join(folder, 'dist');
  try {
    await build({
      root: ROOT,
      configFile: false,
      logLevel: 'error',
      oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
      resolve: {
        alias: [
          { find: /^nestjs-bulwark$/, replacement: join(ROOT, 'lib/index.ts') },
          { find: /^nestjs-bulwark\/(graphql|redis|postgres)$/, replacement: join(ROOT, 'lib/$1/index.ts') },
        ],
      },
      build: {
        ssr: join(ROOT, 'sample-app/main.ts'),
        outDir: dist,
        minify: false,
        rolldownOptions: {
          output: { preserveModules: true, preserveModulesRoot: ROOT, entryFileNames: '[name].js' },
        },
      },
    });
    await cp(join(ROOT, 'lib/postgres/migrations'), join(dist, 'lib/postgres/migrations'), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  } catch (error) {
    await remove();
    throw error;
  }
  return { main: join(dist, 'sample-app/main.js'), remove };
}
