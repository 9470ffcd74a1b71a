/** What every store of API keys must do, wherever it keeps them. */

import { describe, expect, it } from 'vitest';
import { MOST_FORMER } from '../../lib/authentication/api-key/api-key-rotation.js';
import type { ApiKeyStore, KeyRotation, StoredApiKey } from '../../lib/authentication/api-key/api-key.store.js';

const T = 1_767_225_600_000;
const DAY = 86_400_000;

const key = (id: string, change: Partial<StoredApiKey> = {}): StoredApiKey => ({
  id,
  name: `key ${id}`,
  ownerId: 'alice',
  roles: ['reporter'],
  scopes: ['reports:read'],
  tier: 'partner',
  cidrs: ['203.0.113.0/24'],
  createdAtMs: T,
  secretSinceMs: T,
  expiresAtMs: T + 365 * DAY,
  digest: `${id}-0`,
  former: [],
  ...change,
});

const rotation = (id: string, nextDigest: string, change: Partial<KeyRotation> = {}): KeyRotation => ({
  id,
  nextDigest,
  nextExpiresAtMs: T + 400 * DAY,
  overlapUntilMs: T + 30 * DAY,
  nowMs: T,
  ...change,
});

/** @param makeStore An empty store, asked for anew by every test. */
export function apiKeyStoreContract(name: string, makeStore: () => ApiKeyStore | Promise<ApiKeyStore>): void {
  const withKeys = async (...keys: readonly StoredApiKey[]): Promise<ApiKeyStore> => {
    const store = await makeStore();
    for (const each of keys) expect(await store.add(each, 100, T)).toBe(true);
    return store;
  };
  const idsOf = async (store: ApiKeyStore, owner = 'alice') => (await store.list(owner)).map(({ id }) => id);

  describe(`the ${name} store of API keys`, () => {
    it('gives back what was put in, and nothing for an id that nobody has', async () => {
      const bare = key('b', { cidrs: [], roles: [], scopes: [] });
      const store = await withKeys(key('a'), bare);
      expect(await store.find('a')).toEqual(key('a'));
      expect(await store.find('b')).toEqual(bare);
      expect(await store.find('c')).toBeUndefined();
      expect(await store.find('__proto__')).toBeUndefined();
    });

    it('lists those of one owner, the newest first', async () => {
      const store = await withKeys(
        key('a'),
        key('b', { createdAtMs: T + 1 }),
        key('x', { ownerId: 'bob', createdAtMs: T + 2 }),
        key('c', { createdAtMs: T + 3 }),
      );
      expect(await idsOf(store)).toEqual(['c', 'b', 'a']);
      expect(await idsOf(store, 'bob')).toEqual(['x']);
      expect(await idsOf(store, 'nobody')).toEqual([]);
    });

    it('lets dead keys go for new ones, the oldest first, and good ones never', async () => {
      const store = await withKeys(
        key('expired', { expiresAtMs: T + 1 }),
        key('good', { createdAtMs: T + 1 }),
        key('revoked', { createdAtMs: T + 2 }),
      );
      await store.revoke('revoked', T + 5);
      expect(await store.add(key('d', { createdAtMs: T + 10 }), 3, T + 10)).toBe(true);
      expect(await idsOf(store)).toEqual(['d', 'revoked', 'good']);
      expect(await store.add(key('e', { createdAtMs: T + 11 }), 3, T + 11)).toBe(true);
      expect(await store.add(key('f', { createdAtMs: T + 12 }), 3, T + 12)).toBe(false);
      expect(await idsOf(store)).toEqual(['e', 'd', 'good']);
      expect(await store.find('f')).toBeUndefined();
      expect(await store.find('expired')).toBeUndefined();
    });

    it('adds no more than the limit, however many come at once', async () => {
      const store = await makeStore();
      const added = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => store.add(key(`k${index}`), 5, T)),
      );
      expect(added.filter(Boolean)).toHaveLength(5);
      expect(await idsOf(store)).toHaveLength(5);
    });

    it('rotates: the old secret is kept until the overlap ends', async () => {
      const store = await withKeys(key('a'));
      const after = key('a', {
        digest: 'a-1',
        secretSinceMs: T + 7,
        expiresAtMs: T + 400 * DAY,
        former: [{ digest: 'a-0', supersededAtMs: T + 7, untilMs: T + 30 * DAY }],
      });
      expect(await store.rotate(rotation('a', 'a-1', { nowMs: T + 7 }))).toEqual({ outcome: 'rotated', key: after });
      expect(await store.find('a')).toEqual(after);
    });

    it('lets no former secret outlive the last overlap, nor the time it had anyway', async () => {
      const store = await withKeys(key('a', { expiresAtMs: T + 2 * DAY }));
      await store.rotate(rotation('a', 'a-1'));
      expect((await store.find('a'))?.former).toEqual([{ digest: 'a-0', supersededAtMs: T, untilMs: T + 2 * DAY }]);
      await store.rotate(rotation('a', 'a-2', { overlapUntilMs: T + DAY }));
      expect((await store.find('a'))?.former.map(({ digest, untilMs }) => [digest, untilMs])).toEqual([
        ['a-0', T + DAY],
        ['a-1', T + DAY],
      ]);
      await store.rotate(rotation('a', 'a-3', { overlapUntilMs: T }));
      expect(await store.find('a')).toMatchObject({ digest: 'a-3', former: [] });
    });

    it('forgets former secrets whose overlap is over', async () => {
      const store = await withKeys(key('a'));
      await store.rotate(rotation('a', 'a-1'));
      await store.rotate(rotation('a', 'a-2', { nowMs: T + 30 * DAY, overlapUntilMs: T + 60 * DAY }));
      expect((await store.find('a'))?.former.map(({ digest }) => digest)).toEqual(['a-1']);
    });

    it('loses no secret to rotations made at once, and cuts none off', async () => {
      const store = await withKeys(key('a'));
      const outcomes = await Promise.all(
        Array.from({ length: MOST_FORMER + 2 }, async (_, index) => store.rotate(rotation('a', `a-${index + 1}`))),
      );
      const rotated = outcomes.filter(({ outcome }) => outcome === 'rotated');
      expect(rotated).toHaveLength(MOST_FORMER);
      expect(outcomes.filter(({ outcome }) => outcome === 'too_many_former')).toHaveLength(2);
      const { digest, former } = (await store.find('a'))!;
      const kept = [digest, ...former.map((each) => each.digest)];
      expect(new Set(kept).size).toBe(MOST_FORMER + 1);
      expect(kept).toContain('a-0');
    });

    it('rotates nothing that is unknown, revoked or expired', async () => {
      const store = await withKeys(key('a'), key('b', { expiresAtMs: T + 5 }));
      await store.revoke('a', T);
      expect(await store.rotate(rotation('a', 'x'))).toEqual({ outcome: 'revoked' });
      expect(await store.rotate(rotation('b', 'x', { nowMs: T + 5 }))).toEqual({ outcome: 'expired' });
      expect(await store.rotate(rotation('c', 'x'))).toEqual({ outcome: 'unknown' });
      expect((await store.find('a'))?.digest).toBe('a-0');
      expect((await store.find('b'))?.digest).toBe('b-0');
    });

    it('revokes once', async () => {
      const store = await withKeys(key('a'), key('b'));
      const answers = await Promise.all(Array.from({ length: 20 }, async () => store.revoke('a', T + 1)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(await store.revoke('c', T)).toBe(false);
      expect((await store.find('a'))?.revokedAtMs).toBe(T + 1);
      expect((await store.find('b'))?.revokedAtMs).toBeUndefined();
    });

    it('stays revoked when a rotation comes at the same time', async () => {
      const store = await withKeys(key('a'));
      await Promise.all([
        (async () => store.rotate(rotation('a', 'a-1')))(),
        (async () => store.revoke('a', T))(),
        (async () => store.rotate(rotation('a', 'a-2')))(),
        (async () => store.touch('a', T, 60_000))(),
      ]);
      expect((await store.find('a'))?.revokedAtMs).toBe(T);
    });

    it('notes a use at most as often as it is told, and never an earlier one', async () => {
      const store = await withKeys(key('a'));
      const lastUse = async () => (await store.find('a'))?.lastUsedAtMs;
      await store.touch('a', T + 10, 60_000);
      expect(await lastUse()).toBe(T + 10);
      await store.touch('a', T + 60_009, 60_000);
      expect(await lastUse()).toBe(T + 10);
      await store.touch('a', T + 60_010, 60_000);
      expect(await lastUse()).toBe(T + 60_010);
      await store.touch('a', T, 60_000);
      expect(await lastUse()).toBe(T + 60_010);
      await store.touch('nobody', T, 60_000);
      expect(await store.find('nobody')).toBeUndefined();
    });
  });
}
