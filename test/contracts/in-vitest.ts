/** Hands vitest's functions to a contract suite. */

import { describe, it } from 'vitest';
import type { MakeStore, TestFramework } from '../../lib/testing/index.js';

type Contract<Store, Options extends readonly unknown[]> = (
  framework: TestFramework,
  name: string,
  makeStore: MakeStore<Store>,
  ...options: Options
) => void;

export function inVitest<Store, Options extends readonly unknown[]>(contract: Contract<Store, Options>) {
  return (name: string, makeStore: MakeStore<Store>, ...options: Options): void =>
    contract({ describe, it }, name, makeStore, ...options);
}
