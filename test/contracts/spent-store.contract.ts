/** What every store of spent tickets must do, wherever it remembers them. */

import { describe, expect, it } from 'vitest';
import type { SpentStore } from '../../lib/core/spent.store.js';

const T = 1_767_225_600_000;

/**
 * @param makeStore A store that remembers nothing, asked for anew by every test.
 * @param makeBounded The same with room for so many, where a store has a bound and goes by the time of its callers.
 */
export function spentStoreContract(
  name: string,
  makeStore: () => SpentStore | Promise<SpentStore>,
  makeBounded?: (maxIds: number) => SpentStore | Promise<SpentStore>,
): void {
  describe(`the spent store: ${name}`, () => {
    it('lets an id be spent once', async () => {
      const store = await makeStore();
      expect(await store.spend('a', T + 1000, T)).toBe(true);
      expect(await store.spend('a', T + 1000, T)).toBe(false);
      expect(await store.spend('a', T + 1000, T + 999)).toBe(false);
      expect(await store.spend('A', T + 1000, T)).toBe(true);
    });

    it('tells exactly one of many at once', async () => {
      const store = await makeStore();
      const many = await Promise.all(Array.from({ length: 50 }, async () => store.spend('a', T + 1000, T)));
      expect(many.filter(Boolean)).toHaveLength(1);
    });

    it('knows an id by itself, whoever owns it', async () => {
      const store = await makeStore();
      expect(await store.spend('a', T + 1000, T, 'alice')).toBe(true);
      expect(await store.spend('a', T + 1000, T, 'alice')).toBe(false);
      expect(await store.spend('a', T + 1000, T, 'bob')).toBe(false);
      expect(await store.spend('a', T + 1000, T)).toBe(false);
      expect(await store.spend('b', T + 1000, T, 'alice')).toBe(true);
    });
  });

  describe.skipIf(makeBounded === undefined)(`the bounded spent store: ${name}`, () => {
    const bounded = async (maxIds: number): Promise<SpentStore> => makeBounded!(maxIds);
    const spend = async (store: SpentStore, ...spent: Parameters<SpentStore['spend']>) => store.spend(...spent);

    it('forgets an id that has expired: at its end, and not a moment before', async () => {
      const store = await bounded(100);
      await store.spend('a', T + 1000, T);
      expect(await store.spend('a', T + 9000, T + 999)).toBe(false);
      expect(await store.spend('a', T + 9000, T + 1000)).toBe(true);
      expect(await store.spend('a', T + 9000, T + 8999)).toBe(false);
    });

    it('is closed when it is full, and forgets nothing that still counts', async () => {
      const store = await bounded(3);
      for (const id of ['a', 'b', 'c']) expect(await store.spend(id, T + 1000, T)).toBe(true);
      await expect(spend(store, 'd', T + 1000, T)).rejects.toThrow(Error);
      for (const id of ['a', 'b', 'c']) expect(await store.spend(id, T + 1000, T)).toBe(false);
      expect(await store.spend('d', T + 2000, T + 1000)).toBe(true);
    });

    it('lets no owner fill it: there is always room for another', async () => {
      const store = await bounded(8);
      const filled = async (owner: string, now = T) => {
        for (let count = 0; ; count++) {
          const isIn = await spend(store, `${owner}${count}-${now}`, now + 1000, now, owner).catch(() => false);
          if (!isIn) return count;
        }
      };
      expect([await filled('alice'), await filled('bob'), await filled('carol')]).toEqual([4, 2, 1]);
      expect(await store.spend('dan', T + 1000, T)).toBe(true);
      // What has expired is nobody's share any more.
      expect(await filled('alice', T + 1000)).toBe(4);
    });
  });
}
