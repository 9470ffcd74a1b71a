/** What every revocation store must do, wherever it keeps its denials. */

import { equal } from 'node:assert/strict';
import type { Denial, RevocationStore, TokenMarks } from '../../authentication/sessions/revocation.store.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

const T = 1_767_225_600_000;
const untilMs = T + 900_000;

const marks = (change: Partial<TokenMarks> = {}): TokenMarks => ({
  tokenId: 't1',
  sessionId: 's1',
  subjectId: 'alice',
  stamp: '0000-5',
  ...change,
});

/** @param makeStore A store with no denials, asked for anew by every test. */
export function revocationStoreContract(
  { describe, it }: TestFramework,
  name: string,
  makeStore: MakeStore<RevocationStore>,
): void {
  describe(`the revocation store: ${name}`, () => {
    const withDenials = async (...denials: Denial[]) => {
      const store = await makeStore();
      await store.deny(denials, T);
      return store;
    };

    it('denies nothing that nobody denied', async () => {
      equal(await (await makeStore()).isDenied(marks(), T), false);
    });

    const denials: readonly (readonly [what: string, denial: Denial, other: Partial<TokenMarks>])[] = [
      ['a token', { kind: 'token', id: 't1', untilMs }, { tokenId: 't2' }],
      ['a token, not one without an id', { kind: 'token', id: 't1', untilMs }, { tokenId: undefined }],
      ['a session', { kind: 'session', id: 's1', untilMs }, { sessionId: 's2' }],
      ['a session, not a token in none', { kind: 'session', id: 's1', untilMs }, { sessionId: undefined }],
      ['a subject', { kind: 'subject', id: 'alice', before: '0000-6', untilMs }, { subjectId: 'bob' }],
      ['what a subject got before', { kind: 'subject', id: 'alice', before: '0000-6', untilMs }, { stamp: '0000-6' }],
    ];
    for (const [what, denial, other] of denials) {
      it(`denies ${what}, and no other`, async () => {
        const store = await withDenials(denial);
        equal(await store.isDenied(marks(), T), true);
        equal(await store.isDenied(marks(other), T), false);
      });
    }

    it('does not take one kind of id for another', async () => {
      const store = await withDenials({ kind: 'token', id: 's1', untilMs }, { kind: 'session', id: 'alice', untilMs });
      equal(await store.isDenied(marks(), T), false);
    });

    it('leaves the one session alone that is excepted', async () => {
      const store = await withDenials({ kind: 'subject', id: 'alice', before: '0000-6', exceptSession: 's1', untilMs });
      equal(await store.isDenied(marks(), T), false);
      equal(await store.isDenied(marks({ sessionId: 's2' }), T), true);
      equal(await store.isDenied(marks({ sessionId: undefined }), T), true);
    });

    it('replaces what is said of a subject by what is later, in whatever order it comes', async () => {
      const excepting: Denial = { kind: 'subject', id: 'alice', before: '0000-6', exceptSession: 's1', untilMs };
      const all: Denial = { kind: 'subject', id: 'alice', before: '0000-7', untilMs: untilMs + 1 };
      for (const order of [
        [excepting, all],
        [all, excepting],
      ]) {
        const store = await withDenials(...order);
        equal(await store.isDenied(marks(), T), true);
        equal(await store.isDenied(marks({ stamp: '0000-6' }), untilMs), true);
      }
    });

    it('ends a denial when its time is over, to the millisecond, and keeps the longer of two', async () => {
      const store = await withDenials(
        { kind: 'token', id: 't1', untilMs },
        { kind: 'token', id: 't1', untilMs: untilMs - 500 },
        { kind: 'session', id: 's2', untilMs },
      );
      equal(await store.isDenied(marks(), untilMs - 1), true);
      equal(await store.isDenied(marks({ tokenId: 'x', sessionId: 's2' }), untilMs - 1), true);
      equal(await store.isDenied(marks(), untilMs), false);
      equal(await store.isDenied(marks({ tokenId: 'x', sessionId: 's2' }), untilMs), false);
    });
  });
}
