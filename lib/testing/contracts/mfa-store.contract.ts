/** What every store of second factors must do, wherever it keeps them. */

import { equal } from 'node:assert/strict';
import type { MfaStore, StoredChallenge, StoredPending } from '../../authentication/mfa/mfa.store.js';
import { agree, agreeInPart } from './agreement.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

const T = 1_767_225_600_000;

const challenge = (change: Partial<StoredChallenge> = {}): StoredChallenge => ({
  userId: 'alice',
  subject: '{"id":"alice"}',
  expiresAtMs: T + 300_000,
  attempts: 2,
  ...change,
});

const pending = (id: string, sealed: string, replaces: string | null = null): StoredPending => ({
  id,
  sealed,
  replaces,
  expiresAtMs: T + 600_000,
});

/** How many of fifty concurrent calls said yes. */
async function yeses(call: () => unknown): Promise<number> {
  const answers = await Promise.all(Array.from({ length: 50 }, async () => call()));
  return answers.filter((answer) => answer === true).length;
}

/** @param makeStore A store that knows nobody, asked for anew by every test. */
export function mfaStoreContract({ describe, it }: TestFramework, name: string, makeStore: MakeStore<MfaStore>): void {
  const withAlice = async (recovery: readonly string[] = []): Promise<MfaStore> => {
    const store = await makeStore();
    await store.setPending('alice', pending('one', 's1'));
    equal(await store.confirm('alice', 'one', 100, recovery, T), true);
    return store;
  };

  describe(`the store of second factors: ${name}`, () => {
    it('knows nobody at first', async () => {
      const store = await makeStore();
      equal(await store.find('alice'), undefined);
      equal(await store.pending('alice'), undefined);
      equal(await store.confirm('alice', 'one', 1, [], T), false);
      equal(await store.claimStep('alice', 'one', 1), false);
      equal(await store.claimRecoveryCode('alice', 'r'), false);
      equal(await store.setRecoveryCodes('alice', ['r']), false);
      equal(await store.tryChallenge('d', T), undefined);
      equal(await store.claimChallenge('d', T), false);
    });

    it('keeps a pending enrolment apart from what is in force', async () => {
      const store = await withAlice();
      await store.setPending('alice', pending('two', 's2', 'one'));
      agree(await store.find('alice'), { id: 'one', sealed: 's1' });
      agree(await store.pending('alice'), pending('two', 's2', 'one'));
      equal(await store.claimStep('alice', 'one', 101), true);
    });

    it('confirms the enrolment that is pending, no earlier one, and once', async () => {
      const store = await makeStore();
      await store.setPending('alice', pending('one', 's1'));
      await store.setPending('alice', pending('two', 's2'));
      equal(await store.confirm('alice', 'one', 1, [], T), false);
      equal(await store.find('alice'), undefined);
      equal(await yeses(() => store.confirm('alice', 'two', 1, [], T)), 1);
      agree(await store.find('alice'), { id: 'two', sealed: 's2' });
      equal(await store.pending('alice'), undefined);
      equal(await store.find('bob'), undefined);
    });

    it('confirms in place of what was in force when the enrolment began, and of nothing else', async () => {
      const store = await withAlice(['r1']);
      for (const replaces of [null, 'other']) {
        await store.setPending('alice', pending('two', 's2', replaces));
        equal(await store.confirm('alice', 'two', 1, [], T), false);
      }
      await store.setPending('bob', pending('three', 's3', 'one'));
      equal(await store.confirm('bob', 'three', 1, [], T), false);
      agree(await store.find('alice'), { id: 'one', sealed: 's1' });
      equal(await store.claimRecoveryCode('alice', 'r1'), true);
      await store.setPending('alice', pending('two', 's2', 'one'));
      equal(await store.confirm('alice', 'two', 1, [], T), true);
      agree(await store.find('alice'), { id: 'two', sealed: 's2' });
    });

    it('confirms no enrolment that has expired', async () => {
      const store = await makeStore();
      await store.setPending('alice', pending('one', 's1'));
      equal(await store.confirm('alice', 'one', 1, [], T + 600_000), false);
      equal(await store.find('alice'), undefined);
      equal(await store.confirm('alice', 'one', 1, [], T + 599_999), true);
    });

    it('takes the step of the confirmation as used', async () => {
      const store = await withAlice();
      equal(await store.claimStep('alice', 'one', 100), false);
      equal(await store.claimStep('alice', 'one', 99), false);
    });

    it('takes each step once, and never one before it', async () => {
      const store = await withAlice();
      equal(await yeses(() => store.claimStep('alice', 'one', 102)), 1);
      equal(await store.claimStep('alice', 'one', 101), false);
      equal(await store.claimStep('alice', 'one', 103), true);
    });

    it('starts anew with another authenticator: its steps, its recovery codes', async () => {
      const store = await withAlice(['r1']);
      await store.setPending('alice', pending('two', 's2', 'one'));
      await store.confirm('alice', 'two', 50, ['r2'], T);
      equal(await store.claimStep('alice', 'one', 200), false);
      equal(await store.claimStep('alice', 'two', 51), true);
      equal(await store.claimRecoveryCode('alice', 'r1'), false);
      equal(await store.claimRecoveryCode('alice', 'r2'), true);
    });

    it('reseals without touching the last step, and nobody else', async () => {
      const store = await withAlice();
      await store.claimStep('alice', 'one', 105);
      await store.reseal('alice', { id: 'one', sealed: 'new' });
      agree(await store.find('alice'), { id: 'one', sealed: 'new' });
      equal(await store.claimStep('alice', 'one', 105), false);
      await store.reseal('alice', { id: 'other', sealed: 'wrong' });
      await store.reseal('bob', { id: 'one', sealed: 'wrong' });
      agree(await store.find('alice'), { id: 'one', sealed: 'new' });
      equal(await store.find('bob'), undefined);
    });

    it('takes each recovery code once, and all of them away for new ones', async () => {
      const store = await withAlice(['r1', 'r2']);
      equal(await yeses(() => store.claimRecoveryCode('alice', 'r1')), 1);
      equal(await store.claimRecoveryCode('bob', 'r2'), false);
      equal(await store.setRecoveryCodes('alice', ['r3']), true);
      equal(await store.claimRecoveryCode('alice', 'r2'), false);
      equal(await store.claimRecoveryCode('alice', 'r3'), true);
    });

    it('counts attempts per user and window, however many come at once', async () => {
      const store = await makeStore();
      const rule = { limit: 10, windowMs: 900_000 };
      const verdicts = await Promise.all(Array.from({ length: 50 }, async () => store.countAttempt('alice', rule, T)));
      equal(verdicts.filter(({ allowed }) => allowed).length, 10);
      agree(await store.countAttempt('alice', rule, T + 1), { allowed: false, retryAfterMs: 899_999 });
      agree(await store.countAttempt('bob', rule, T + 1), { allowed: true, retryAfterMs: 0 });
      equal((await store.countAttempt('alice', rule, T + 900_000)).allowed, true);
    });

    it('counts on by a clock that is a little behind, and anew by one that was set back', async () => {
      const store = await makeStore();
      const rule = { limit: 2, windowMs: 900_000 };
      equal((await store.countAttempt('alice', rule, T)).allowed, true);
      equal((await store.countAttempt('alice', rule, T - 900)).allowed, true);
      for (const apart of [0, -900, 900, -450]) {
        equal((await store.countAttempt('alice', rule, T + apart)).allowed, false);
      }
      equal((await store.countAttempt('alice', rule, T - 900_000)).allowed, true);
    });

    it('forgets attempts when told to', async () => {
      const store = await makeStore();
      const rule = { limit: 1, windowMs: 900_000 };
      await store.countAttempt('alice', rule, T);
      await store.clearAttempts('alice');
      equal((await store.countAttempt('alice', rule, T)).allowed, true);
      equal((await store.countAttempt('alice', rule, T)).allowed, false);
    });

    it('removes everything of one user', async () => {
      const store = await withAlice(['r1']);
      await store.setPending('alice', pending('two', 's2'));
      await store.setPending('bob', pending('three', 's3'));
      await store.remove('alice');
      equal(await store.find('alice'), undefined);
      equal(await store.pending('alice'), undefined);
      equal(await store.claimRecoveryCode('alice', 'r1'), false);
      agree(await store.pending('bob'), pending('three', 's3'));
    });

    it('hands out a challenge until its attempts are used up, however many come at once', async () => {
      const store = await makeStore();
      await store.addChallenge('d', challenge({ attempts: 5 }));
      const tries = await Promise.all(Array.from({ length: 50 }, async () => store.tryChallenge('d', T)));
      equal(tries.filter((each) => each?.spent === false).length, 5);
      equal(tries.filter((each) => each?.spent === true).length, 45);
      agree(
        tries.find((each) => each?.spent === false),
        { spent: false, challenge: challenge({ attempts: 5 }) },
      );
      equal(await store.tryChallenge('other', T), undefined);
    });

    it('completes a challenge once', async () => {
      const store = await makeStore();
      await store.addChallenge('d', challenge());
      equal(await yeses(() => store.claimChallenge('d', T)), 1);
      equal(await store.tryChallenge('d', T), undefined);
    });

    it('lets a challenge expire', async () => {
      const store = await makeStore();
      await store.addChallenge('d', challenge());
      agreeInPart(await store.tryChallenge('d', T + 299_999), { spent: false });
      equal(await store.tryChallenge('d', T + 300_000), undefined);
      await store.addChallenge('e', challenge());
      equal(await store.claimChallenge('e', T + 300_000), false);
    });
  });
}
