/** What every store of spent tickets must do, wherever it remembers them. */

import { describe, expect, it } from 'vitest';
import type { SpentStore } from '../../lib/core/spent.store.js';

const T = 1_767_225_600_000;

/** @param makeStore A store that remembers nothing, asked for anew by every test. */
export function spentStoreContract(name: string, makeStore: () => SpentStore | Promise<SpentStore>): void {
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
  });
}
