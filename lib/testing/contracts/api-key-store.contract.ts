/** What every store of API keys must do, wherever it keeps them. */

import { equal, ok } from 'node:assert/strict';
import { MOST_FORMER } from '../../authentication/api-key/api-key-rotation.js';
import type { ApiKeyStore, KeyRotation, StoredApiKey } from '../../authentication/api-key/api-key.store.js';
import { agree, agreeInPart } from './agreement.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

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
export function apiKeyStoreContract(
  { describe, it }: TestFramework,
  name: string,
  makeStore: MakeStore<ApiKeyStore>,
): void {
  const withKeys = async (...keys: readonly StoredApiKey[]): Promise<ApiKeyStore> => {
    const store = await makeStore();
    for (const each of keys) equal(await store.add(each, 100, T), true);
    return store;
  };
  const idsOf = async (store: ApiKeyStore, owner = 'alice') => (await store.list(owner)).map(({ id }) => id);

  describe(`the ${name} store of API keys`, () => {
    it('gives back what was put in, and nothing for an id that nobody has', async () => {
      const bare = key('b', { cidrs: [], roles: [], scopes: [] });
      const store = await withKeys(key('a'), bare);
      agree(await store.find('a'), key('a'));
      agree(await store.find('b'), bare);
      equal(await store.find('c'), undefined);
      equal(await store.find('__proto__'), undefined);
    });

    it('lists those of one owner, the newest first', async () => {
      const store = await withKeys(
        key('a'),
        key('b', { createdAtMs: T + 1 }),
        key('x', { ownerId: 'bob', createdAtMs: T + 2 }),
        key('c', { createdAtMs: T + 3 }),
      );
      agree(await idsOf(store), ['c', 'b', 'a']);
      agree(await idsOf(store, 'bob'), ['x']);
      agree(await idsOf(store, 'nobody'), []);
    });

    it('lets dead keys go for new ones, the oldest first, and good ones never', async () => {
      const store = await withKeys(
        key('expired', { expiresAtMs: T + 1 }),
        key('good', { createdAtMs: T + 1 }),
        key('revoked', { createdAtMs: T + 2 }),
      );
      await store.revoke('revoked', T + 5);
      equal(await store.add(key('d', { createdAtMs: T + 10 }), 3, T + 10), true);
      agree(await idsOf(store), ['d', 'revoked', 'good']);
      equal(await store.add(key('e', { createdAtMs: T + 11 }), 3, T + 11), true);
      equal(await store.add(key('f', { createdAtMs: T + 12 }), 3, T + 12), false);
      agree(await idsOf(store), ['e', 'd', 'good']);
      equal(await store.find('f'), undefined);
      equal(await store.find('expired'), undefined);
    });

    it('adds no more than the limit, however many come at once', async () => {
      const store = await makeStore();
      const added = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => store.add(key(`k${index}`), 5, T)),
      );
      equal(added.filter(Boolean).length, 5);
      equal((await idsOf(store)).length, 5);
    });

    it('rotates: the old secret is kept until the overlap ends', async () => {
      const store = await withKeys(key('a'));
      const after = key('a', {
        digest: 'a-1',
        secretSinceMs: T + 7,
        expiresAtMs: T + 400 * DAY,
        former: [{ digest: 'a-0', supersededAtMs: T + 7, untilMs: T + 30 * DAY }],
      });
      agree(await store.rotate(rotation('a', 'a-1', { nowMs: T + 7 })), { outcome: 'rotated', key: after });
      agree(await store.find('a'), after);
    });

    it('lets no former secret outlive the last overlap, nor the time it had anyway', async () => {
      const store = await withKeys(key('a', { expiresAtMs: T + 2 * DAY }));
      await store.rotate(rotation('a', 'a-1'));
      agree((await store.find('a'))?.former, [{ digest: 'a-0', supersededAtMs: T, untilMs: T + 2 * DAY }]);
      await store.rotate(rotation('a', 'a-2', { overlapUntilMs: T + DAY }));
      agree(
        (await store.find('a'))?.former.map(({ digest, untilMs }) => [digest, untilMs]),
        [
          ['a-0', T + DAY],
          ['a-1', T + DAY],
        ],
      );
      await store.rotate(rotation('a', 'a-3', { overlapUntilMs: T }));
      agreeInPart(await store.find('a'), { digest: 'a-3', former: [] });
    });

    it('forgets former secrets whose overlap is over', async () => {
      const store = await withKeys(key('a'));
      await store.rotate(rotation('a', 'a-1'));
      await store.rotate(rotation('a', 'a-2', { nowMs: T + 30 * DAY, overlapUntilMs: T + 60 * DAY }));
      agree(
        (await store.find('a'))?.former.map(({ digest }) => digest),
        ['a-1'],
      );
    });

    it('loses no secret to rotations made at once, and cuts none off', async () => {
      const store = await withKeys(key('a'));
      const outcomes = await Promise.all(
        Array.from({ length: MOST_FORMER + 2 }, async (_, index) => store.rotate(rotation('a', `a-${index + 1}`))),
      );
      const rotated = outcomes.filter(({ outcome }) => outcome === 'rotated');
      equal(rotated.length, MOST_FORMER);
      equal(outcomes.filter(({ outcome }) => outcome === 'too_many_former').length, 2);
      const { digest, former } = (await store.find('a'))!;
      const kept = [digest, ...former.map((each) => each.digest)];
      equal(new Set(kept).size, MOST_FORMER + 1);
      ok(kept.includes('a-0'));
    });

    it('rotates nothing that is unknown, revoked or expired', async () => {
      const store = await withKeys(key('a'), key('b', { expiresAtMs: T + 5 }));
      await store.revoke('a', T);
      agree(await store.rotate(rotation('a', 'x')), { outcome: 'revoked' });
      agree(await store.rotate(rotation('b', 'x', { nowMs: T + 5 })), { outcome: 'expired' });
      agree(await store.rotate(rotation('c', 'x')), { outcome: 'unknown' });
      equal((await store.find('a'))?.digest, 'a-0');
      equal((await store.find('b'))?.digest, 'b-0');
    });

    it('revokes once', async () => {
      const store = await withKeys(key('a'), key('b'));
      const answers = await Promise.all(Array.from({ length: 20 }, async () => store.revoke('a', T + 1)));
      equal(answers.filter(Boolean).length, 1);
      equal(await store.revoke('c', T), false);
      equal((await store.find('a'))?.revokedAtMs, T + 1);
      equal((await store.find('b'))?.revokedAtMs, undefined);
    });

    it('stays revoked when a rotation comes at the same time', async () => {
      const store = await withKeys(key('a'));
      await Promise.all([
        (async () => store.rotate(rotation('a', 'a-1')))(),
        (async () => store.revoke('a', T))(),
        (async () => store.rotate(rotation('a', 'a-2')))(),
        (async () => store.touch('a', T, 60_000))(),
      ]);
      equal((await store.find('a'))?.revokedAtMs, T);
    });

    it('notes a use at most as often as it is told, and never an earlier one', async () => {
      const store = await withKeys(key('a'));
      const lastUse = async () => (await store.find('a'))?.lastUsedAtMs;
      await store.touch('a', T + 10, 60_000);
      equal(await lastUse(), T + 10);
      await store.touch('a', T + 60_009, 60_000);
      equal(await lastUse(), T + 10);
      await store.touch('a', T + 60_010, 60_000);
      equal(await lastUse(), T + 60_010);
      await store.touch('a', T, 60_000);
      equal(await lastUse(), T + 60_010);
      await store.touch('nobody', T, 60_000);
      equal(await store.find('nobody'), undefined);
    });
  });
}
