/** What every session store must do, wherever it keeps its sessions. */

import { equal } from 'node:assert/strict';
import { decideRotation, isReused } from '../../authentication/sessions/session-rotation.js';
import type { RotationClaim, SessionStore, StoredSession } from '../../authentication/sessions/session.store.js';
import { agree, agreeInPart } from './agreement.js';
import { randomRuns, type Random, type RandomRunsOptions } from './random-runs.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

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
  { describe, it }: TestFramework,
  name: string,
  makeStore: MakeStore<SessionStore>,
  random: RandomRunsOptions = {},
): void {
  describe(`the session store: ${name}`, () => {
    const withSession = async (change: Partial<StoredSession> = {}) => {
      const store = await makeStore();
      await store.open(session('a', change), 100, T);
      return store;
    };

    it('finds a session as it was opened, until it is over', async () => {
      const store = await withSession();
      agree(await store.find('a', T), session('a'));
      agree(await store.find('a', T + 7 * DAY - 1), session('a'));
      equal(await store.find('a', T + 7 * DAY), undefined);
      equal(await store.find('b', T), undefined);
    });

    it('rotates the current token, and keeps the digests and the seal of the one before only', async () => {
      const store = await withSession();
      agree(await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 1000 })), { outcome: 'rotated' });
      agree(await store.rotate(claim('a', 'a-1', 'a-2', { nowMs: T + 2000 })), { outcome: 'rotated' });
      agree(
        await store.find('a', T + 2000),
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
      equal(outcomes.filter(({ outcome }) => outcome === 'rotated').length, 1);
      const seals = outcomes.flatMap((each) => (each.outcome === 'repeated' ? [each.sealedNext] : []));
      equal(seals.length, 49);
      equal(new Set(seals).size, 1);
      equal(seals[0], `sealed ${(await store.find('a', T))!.currentDigest}`);
    });

    const repeats: readonly (readonly [what: string, change: Partial<RotationClaim>, outcome: string])[] = [
      ['at the end of the grace', { nowMs: T + 10_000 }, 'repeated'],
      ['after it', { nowMs: T + 10_001 }, 'reused'],
      ['by a clock that is a little behind', { nowMs: T - 10_000 }, 'repeated'],
      ['by a clock that is far behind', { nowMs: T - 10_001 }, 'reused'],
      ['by another client', { fingerprint: 'thief' }, 'reused'],
      ['where there is no grace', { graceMs: 0 }, 'reused'],
    ];
    for (const [what, change, outcome] of repeats) {
      it(`the previous token again ${what}`, async () => {
        const store = await withSession();
        await store.rotate(claim('a', 'a-0', 'a-1'));
        agreeInPart(await store.rotate(claim('a', 'a-0', 'a-x', change)), { outcome });
        const after = await store.find('a', T);
        if (outcome === 'repeated') agreeInPart(after, { currentDigest: 'a-1', lastUsedAtMs: T });
        else equal(after, undefined);
      });
    }

    it('ends the session for any other token of it, says so again until it is removed, and then knows it no more', async () => {
      const store = await withSession();
      await store.rotate(claim('a', 'a-0', 'a-1'));
      await store.rotate(claim('a', 'a-1', 'a-2'));
      agree(await store.rotate(claim('a', 'a-0', 'a-x')), { outcome: 'reused', subjectId: 'alice' });
      // Whoever was told may not have heard it, or could not do what has to be done then.
      for (const digest of ['a-0', 'a-1', 'a-2', 'a-x', ''])
        agree(await store.rotate(claim('a', digest, 'a-3')), { outcome: 'reused', subjectId: 'alice' });
      equal(await store.find('a', T), undefined);
      agree(await store.list('alice', T), []);
      // It takes nobody's place.
      agree(await store.open(session('b'), 1, T), []);
      equal(await store.remove('a', T), false);
      agree(await store.rotate(claim('a', 'a-2', 'a-3')), { outcome: 'unknown' });
    });

    it('tells of no session that was reused when all of a subject are ended', async () => {
      const store = await withSession();
      await store.open(session('b'), 5, T);
      await store.rotate(claim('a', 'stolen', 'a-1'));
      agree(await store.removeAll('alice', undefined, T), ['b']);
    });

    it('does not rotate what is over, idle or absolute', async () => {
      const idle = await withSession();
      agree(await idle.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 7 * DAY })), { outcome: 'expired' });
      agree(await idle.rotate(claim('a', 'a-0', 'a-1')), { outcome: 'unknown' });
      const store = await withSession({ absoluteExpiresAtMs: T + 8 * DAY });
      await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 6 * DAY }));
      equal((await store.find('a', T + 6 * DAY))!.expiresAtMs, T + 8 * DAY);
      agree(await store.rotate(claim('a', 'a-1', 'a-2', { nowMs: T + 8 * DAY })), { outcome: 'expired' });
    });

    it('lists the sessions of one subject, the last used first', async () => {
      const store = await withSession();
      await store.open(session('b', { lastUsedAtMs: T + 1 }), 100, T + 1);
      await store.open(session('c', { subjectId: 'bob', subject: { id: 'bob' } }), 100, T + 1);
      await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 2 }));
      agree(
        (await store.list('alice', T + 2)).map(({ id }) => id),
        ['a', 'b'],
      );
      agree(
        (await store.list('bob', T + 2)).map(({ id }) => id),
        ['c'],
      );
      agree(await store.list('carol', T + 2), []);
      agree(
        (await store.list('alice', T + 1 + 7 * DAY)).map(({ id }) => id),
        ['a'],
      );
    });

    it('ends one session, or all of a subject but one', async () => {
      const store = await withSession();
      for (const id of ['b', 'c', 'd']) await store.open(session(id), 100, T);
      await store.open(session('e', { subjectId: 'bob' }), 100, T);
      equal(await store.remove('a', T), true);
      equal(await store.remove('a', T), false);
      agree([...(await store.removeAll('alice', 'c', T))].sort(), ['b', 'd']);
      agree(
        (await store.list('alice', T)).map(({ id }) => id),
        ['c'],
      );
      agree(await store.removeAll('alice', undefined, T), ['c']);
      agree(await store.removeAll('alice', undefined, T), []);
      agree(
        (await store.list('bob', T)).map(({ id }) => id),
        ['e'],
      );
    });

    it('ends the longest unused where a subject has too many', async () => {
      const store = await withSession();
      await store.open(session('b', { lastUsedAtMs: T + 1 }), 2, T + 1);
      await store.rotate(claim('a', 'a-0', 'a-1', { nowMs: T + 2 }));
      agree(await store.open(session('c', { lastUsedAtMs: T + 3 }), 2, T + 3), ['b']);
      agree(
        (await store.list('alice', T + 3)).map(({ id }) => id),
        ['c', 'a'],
      );
    });

    const stepsOf = ({ between, oneOf, upTo }: Random) =>
      upTo(20, () => ({
        presented: between(0, 6),
        fingerprint: oneOf(['laptop', 'thief']),
        stepMs: oneOf([-20_000, -1, 0, 1, 5000, 10_000, 10_001, 7 * DAY]),
      }));

    it('decides as decideRotation does, whatever comes', async () => {
      await randomRuns(random, async (each) => {
        const store = await withSession();
        let expected: StoredSession | undefined = session('a');
        let nowMs = T;
        for (const [index, { presented, fingerprint, stepMs }] of stepsOf(each).entries()) {
          nowMs += stepMs;
          const made = claim('a', `a-${presented}`, `a-${(index % 6) + 1}`, { fingerprint, nowMs });
          const decision = decideRotation(expected, made);
          agree(await store.rotate(made), decision.outcome);
          expected = decision.session;
        }
        const last = expected?.expiresAtMs ?? T;
        agree(await store.find('a', last - 1), expected && isReused(expected) ? undefined : expected);
      });
    });
  });
}
