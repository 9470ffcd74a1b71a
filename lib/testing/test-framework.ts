/** What does a contract suite need of the framework that runs it? */

/** The two functions that vitest, jest, mocha and `node:test` have in common. Assertions come from `node:assert`. */
export interface TestFramework {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/** Makes a store that knows nothing yet. Every test asks for its own. */
export type MakeStore<Store> = () => Store | Promise<Store>;
