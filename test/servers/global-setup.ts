/** What a test run needs before its first file and after its last: whoever keeps the shared servers. Starts none by itself. */

import type { TestProject } from 'vitest/node';
import { openKeeper } from './keeper.js';

declare module 'vitest' {
  interface ProvidedContext {
    readonly keeper: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const keeper = await openKeeper((line) => console.warn(`\n[servers] ${line}`));
  project.provide('keeper', keeper.url);
  return () => keeper.close();
}
