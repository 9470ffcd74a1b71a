/** What every store of spent tickets must do, wherever it remembers them. */

import { deepEqual, equal, rejects } from 'node:assert/strict';
import type { SpentStore } from '../../core/spent.store.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

const T = 1_767_225_600_000;

/**
 * @param makeStore A store that remembers nothing, asked for anew by every test.
 * @param makeBounded The same with room for so many, where a store has a bound and goes by the time of its callers.
 */
export function spentStoreContract(
  { describe, it }: TestFramework,
  name: string,
  makeStore: MakeStore<SpentStore>,
  makeBounded?: (maxIds: number) => SpentStore | Promise<SpentStore>,
): void {
  describe(`the spent store: ${name}`, () => {
    it('lets an id be spent once', async () => {
      const store = await makeStore();
      equal(await store.spend('a', T + 1000, T), true);
      equal(await store.spend('a', T + 1000, T), false);
      equal(await store.spend('a', T + 1000, T + 999), false);
      equal(await store.spend('A', T + 1000, T), true);
    });

    it('tells exactly one of many at once', async () => {
      const store = await makeStore();
      const many = await Promise.all(Array.from({ length: 50 }, async () => store.spend('a', T + 1000, T)));
      equal(many.filter(Boolean).length, 1);
    });

    it('knows an id by itself, whoever owns it', async () => {
      const store = await makeStore();
      equal(await store.spend('a', T + 1000, T, 'alice'), true);
      equal(await store.spend('a', T + 1000, T, 'alice'), false);
      equal(await store.spend('a', T + 1000, T, 'bob'), false);
      equal(await store.spend('a', T + 1000, T), false);
      equal(await store.spend('b', T + 1000, T, 'alice'), true);
    });
  });

  if (makeBounded === undefined) return;
  const spend = async (store: SpentStore, ...spent: Parameters<SpentStore['spend']>) => store.spend(...spent);

  describe(`the bounded spent store: ${name}`, () => {
    it('forgets an id that has expired: at its end, and not a moment before', async () => {
      const store = await makeBounded(100);
      await store.spend('a', T + 1000, T);
      equal(await store.spend('a', T + 9000, T + 999), false);
      equal(await store.spend('a', T + 9000, T + 1000), true);
      equal(await store.spend('a', T + 9000, T + 8999), false);
    });

    it('is closed when it is full, and forgets nothing that still counts', async () => {
      const store = await makeBounded(3);
      for (const id of ['a', 'b', 'c']) equal(await store.spend(id, T + 1000, T), true);
      await rejects(spend(store, 'd', T + 1000, T));
      for (const id of ['a', 'b', 'c']) equal(await store.spend(id, T + 1000, T), false);
      equal(await store.spend('d', T + 2000, T + 1000), true);
    });

    it('lets no owner fill it: there is always room for another', async () => {
      const store = await makeBounded(8);
      const filled = async (owner: string, now = T) => {
        for (let count = 0; ; count++) {
          const isIn = await spend(store, `${owner}${count}-${now}`, now + 1000, now, owner).catch(() => false);
          if (!isIn) return count;
        }
      };
      deepEqual([await filled('alice'), await filled('bob'), await filled('carol')], [4, 2, 1]);
      equal(await store.spend('dan', T + 1000, T), true);
      // What has expired is nobody's share any more.
      equal(await filled('alice', T + 1000), 4);
    });
  });
}
