/** What every session store must do, wherever it keeps its sessions. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRotation } from '../../lib/authentication/sessions/session-rotation.js';
import type { RotationClaim, SessionStore, StoredSession } from '../../lib/authentication/sessions/session.store.js';

const T = 1_767_225_600_000;
const DAY = 86_400_000;

const session = (id: string, change: Partial<StoredSession> = {}): StoredSession => ({
  id,
  subjectId: 'alice',
  subject: { id: 'alice', roles: ['user'], amr: ['pwd'], claims: { tenant: 't1' } },
  device: 'phone',
  createdAtMs: T,
  lastUsedAtMs: T,
  expiresAtMs: T + 7 * DAY,
  absoluteExpiresAtMs: T + 30 * DAY,
  currentDigest: `${id}-0`,
  ...change,
});

const claim = (
  sessionId: string,
  presented: string,
  next: string,
  change: Partial<RotationClaim> = {},
): RotationClaim => ({
  sessionId,
  presentedDigest: presented,
  nextDigest: next,
  sealedNext: `sealed ${next}`,
  fingerprint: 'laptop',
  nowMs: T,
  graceMs: 10_000,
  idleMs: 7 * DAY,
  ...change,
});

/** @param makeStore A store with no sessions, asked for anew by every test. */
export function sessionStoreContract(
  name: string,
  makeStore: () => SessionStore | Promise<SessionStore>,
  { runs = 100 }: { readonly runs?: number } = {},
): void {
  describe(`the session store: ${name}`, () => {
    const withSession = async (change: Partial<StoredSession> = {}) => {
      const store = await makeStore();
      await store.open(session('a', change), 100, T);
      return store;
    };

    it('finds a session as it was opened, until it is over', async () => {
      const store = await withSession();
      expect(await store.find('a', T)).toEqual(session('a'));
      expect(await store.find('a', T + 7 * DAY - 1)).toEqual(session('a'));
      expect(await store.find('a', T + 7 * DAY)).toBeUndefined();
      expect(await store.find('b', T)).toBeUndefined();
    });

    it('rotates the current token, and keeps the digests and the seal of the one before only', async () => {
      const store = await withSession();
      expect(await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 1000 }))).toEqual({ outcome: 'rotated' });
      expect(await store.rotate(claim('a', 'a-1', 'a-2', { nowMs: T + 2000 }))).toEqual({ outcome: 'rotated' });
      expect(await store.find('a', T + 2000)).toEqual(
        session('a', {
          lastUsedAtMs: T + 2000,
          expiresAtMs: T + 2000 + 7 * DAY,
          currentDigest: 'a-2',
          previous: { digest: 'a-1', sealedNext: 'sealed a-2', fingerprint: 'laptop', rotatedAtMs: T + 2000 },
        }),
      );
    });

    it('lets exactly one of many claims rotate, and tells the others its successor', async () => {
      const store = await withSession();
      const claims = Array.from({ length: 50 }, async (_, index) => store.rotate(claim('a', 'a-0', `a-1-${index}`)));
      const outcomes = await Promise.all(claims);
      expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
      const seals = outcomes.flatMap((each) => (each.outcome === 'repeated' ? [each.sealedNext] : []));
      expect(seals).toHaveLength(49);
      expect(new Set(seals).size).toBe(1);
      expect(seals[0]).toBe(`sealed ${(await store.find('a', T))!.currentDigest}`);
    });

    it.each<[what: string, change: Partial<RotationClaim>, outcome: string]>([
      ['at the end of the grace', { nowMs: T + 10_000 }, 'repeated'],
      ['after it', { nowMs: T + 10_001 }, 'reused'],
      ['by a clock that is a little behind', { nowMs: T - 10_000 }, 'repeated'],
      ['by a clock that is far behind', { nowMs: T - 10_001 }, 'reused'],
      ['by another client', { fingerprint: 'thief' }, 'reused'],
      ['where there is no grace', { graceMs: 0 }, 'reused'],
    ])('the previous token again %s', async (_what, change, outcome) => {
      const store = await withSession();
      await store.rotate(claim('a', 'a-0', 'a-1'));
      expect(await store.rotate(claim('a', 'a-0', 'a-x', change))).toMatchObject({ outcome });
      const after = await store.find('a', T);
      if (outcome === 'repeated') expect(after).toMatchObject({ currentDigest: 'a-1', lastUsedAtMs: T });
      else expect(after).toBeUndefined();
    });

    it('ends the session for any other token of it, and knows it no more', async () => {
      const store = await withSession();
      await store.rotate(claim('a', 'a-0', 'a-1'));
      await store.rotate(claim('a', 'a-1', 'a-2'));
      expect(await store.rotate(claim('a', 'a-0', 'a-x'))).toEqual({ outcome: 'reused', subjectId: 'alice' });
      expect(await store.rotate(claim('a', 'a-2', 'a-3'))).toEqual({ outcome: 'unknown' });
      expect(await store.list('alice', T)).toEqual([]);
      expect(await store.remove('a', T)).toBe(false);
    });

    it('does not rotate what is over, idle or absolute', async () => {
      const idle = await withSession();
      expect(await idle.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 7 * DAY }))).toEqual({ outcome: 'expired' });
      expect(await idle.rotate(claim('a', 'a-0', 'a-1'))).toEqual({ outcome: 'unknown' });
      const store = await withSession({ absoluteExpiresAtMs: T + 8 * DAY });
      await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 6 * DAY }));
      expect((await store.find('a', T + 6 * DAY))!.expiresAtMs).toBe(T + 8 * DAY);
      expect(await store.rotate(claim('a', 'a-1', 'a-2', { nowMs: T + 8 * DAY }))).toEqual({ outcome: 'expired' });
    });

    it('lists the sessions of one subject, the last used first', async () => {
      const store = await withSession();
      await store.open(session('b', { lastUsedAtMs: T + 1 }), 100, T + 1);
      await store.open(session('c', { subjectId: 'bob', subject: { id: 'bob' } }), 100, T + 1);
      await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 2 }));
      expect((await store.list('alice', T + 2)).map(({ id }) => id)).toEqual(['a', 'b']);
      expect((await store.list('bob', T + 2)).map(({ id }) => id)).toEqual(['c']);
      expect(await store.list('carol', T + 2)).toEqual([]);
      expect((await store.list('alice', T + 1 + 7 * DAY)).map(({ id }) => id)).toEqual(['a']);
    });

    it('ends one session, or all of a subject but one', async () => {
      const store = await withSession();
      for (const id of ['b', 'c', 'd']) await store.open(session(id), 100, T);
      await store.open(session('e', { subjectId: 'bob' }), 100, T);
      expect(await store.remove('a', T)).toBe(true);
      expect(await store.remove('a', T)).toBe(false);
      expect([...(await store.removeAll('alice', 'c', T))].sort()).toEqual(['b', 'd']);
      expect((await store.list('alice', T)).map(({ id }) => id)).toEqual(['c']);
      expect(await store.removeAll('alice', undefined, T)).toEqual(['c']);
      expect(await store.removeAll('alice', undefined, T)).toEqual([]);
      expect((await store.list('bob', T)).map(({ id }) => id)).toEqual(['e']);
    });

    it('ends the longest unused where a subject has too many', async () => {
      const store = await withSession();
      await store.open(session('b', { lastUsedAtMs: T + 1 }), 2, T + 1);
      await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 2 }));
      expect(await store.open(session('c', { lastUsedAtMs: T + 3 }), 2, T + 3)).toEqual(['b']);
      expect((await store.list('alice', T + 3)).map(({ id }) => id)).toEqual(['c', 'a']);
    });

    const steps = fc.array(
      fc.record({
        presented: fc.nat({ max: 6 }),
        fingerprint: fc.constantFrom('laptop', 'thief'),
        stepMs: fc.constantFrom(-20_000, -1, 0, 1, 5000, 10_000, 10_001, 7 * DAY),
      }),
      { maxLength: 20 },
    );

    it('decides as decideRotation does, whatever comes', async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (calls) => {
          const store = await withSession();
          let expected: StoredSession | undefined = session('a');
          let nowMs = T;
          for (const [index, { presented, fingerprint, stepMs }] of calls.entries()) {
            nowMs += stepMs;
            const made = claim('a', `a-${presented}`, `a-${(index % 6) + 1}`, { fingerprint, nowMs });
            const decision = decideRotation(expected, made);
            expect(await store.rotate(made)).toEqual(decision.outcome);
            expected = decision.session;
          }
          const last = expected?.expiresAtMs ?? T;
          expect(await store.find('a', last - 1)).toEqual(expected);
        }),
        { numRuns: runs },
      );
    });
  });
}
