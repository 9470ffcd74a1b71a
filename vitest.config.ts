import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const lib = fileURLToPath(new URL('lib/', import.meta.url));

export default defineConfig({
  // Nest reads decorators and constructor types at run time, so the transform has to keep both.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      // As Node resolves it for everybody else: there must be one `graphql` in a process.
      { find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') },
      { find: /^nestjs-bulwark\/testing\/(jest|vitest)$/, replacement: `${lib}testing/$1.ts` },
      { find: /^nestjs-bulwark$/, replacement: `${lib}index.ts` },
      { find: /^nestjs-bulwark\/(graphql|redis|postgres|testing|websockets)$/, replacement: `${lib}$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    isolate: false,
    // Half of a test is waiting for a server or a socket: as many as there are cores, and not one less.
    maxWorkers: '100%',
    globalSetup: ['test/servers/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
