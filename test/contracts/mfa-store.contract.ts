/** What every store of second factors must do, wherever it keeps them. */

import { describe, expect, it } from 'vitest';
import type { MfaStore, StoredChallenge, StoredPending } from '../../lib/authentication/mfa/mfa.store.js';

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
export function mfaStoreContract(name: string, makeStore: () => MfaStore | Promise<MfaStore>): void {
  const withAlice = async (recovery: readonly string[] = []): Promise<MfaStore> => {
    const store = await makeStore();
    await store.setPending('alice', pending('one', 's1'));
    expect(await store.confirm('alice', 'one', 100, recovery, T)).toBe(true);
    return store;
  };

  describe(`the store of second factors: ${name}`, () => {
    it('knows nobody at first', async () => {
      const store = await makeStore();
      expect(await store.find('alice')).toBeUndefined();
      expect(await store.pending('alice')).toBeUndefined();
      expect(await store.confirm('alice', 'one', 1, [], T)).toBe(false);
      expect(await store.claimStep('alice', 'one', 1)).toBe(false);
      expect(await store.claimRecoveryCode('alice', 'r')).toBe(false);
      expect(await store.setRecoveryCodes('alice', ['r'])).toBe(false);
      expect(await store.tryChallenge('d', T)).toBeUndefined();
      expect(await store.claimChallenge('d', T)).toBe(false);
    });

    it('keeps a pending enrolment apart from what is in force', async () => {
      const store = await withAlice();
      await store.setPending('alice', pending('two', 's2', 'one'));
      expect(await store.find('alice')).toEqual({ id: 'one', sealed: 's1' });
      expect(await store.pending('alice')).toEqual(pending('two', 's2', 'one'));
      expect(await store.claimStep('alice', 'one', 101)).toBe(true);
    });

    it('confirms the enrolment that is pending, no earlier one, and once', async () => {
      const store = await makeStore();
      await store.setPending('alice', pending('one', 's1'));
      await store.setPending('alice', pending('two', 's2'));
      expect(await store.confirm('alice', 'one', 1, [], T)).toBe(false);
      expect(await store.find('alice')).toBeUndefined();
      expect(await yeses(() => store.confirm('alice', 'two', 1, [], T))).toBe(1);
      expect(await store.find('alice')).toEqual({ id: 'two', sealed: 's2' });
      expect(await store.pending('alice')).toBeUndefined();
      expect(await store.find('bob')).toBeUndefined();
    });

    it('confirms in place of what was in force when the enrolment began, and of nothing else', async () => {
      const store = await withAlice(['r1']);
      for (const replaces of [null, 'other']) {
        await store.setPending('alice', pending('two', 's2', replaces));
        expect(await store.confirm('alice', 'two', 1, [], T)).toBe(false);
      }
      await store.setPending('bob', pending('three', 's3', 'one'));
      expect(await store.confirm('bob', 'three', 1, [], T)).toBe(false);
      expect(await store.find('alice')).toEqual({ id: 'one', sealed: 's1' });
      expect(await store.claimRecoveryCode('alice', 'r1')).toBe(true);
      await store.setPending('alice', pending('two', 's2', 'one'));
      expect(await store.confirm('alice', 'two', 1, [], T)).toBe(true);
      expect(await store.find('alice')).toEqual({ id: 'two', sealed: 's2' });
    });

    it('confirms no enrolment that has expired', async () => {
      const store = await makeStore();
      await store.setPending('alice', pending('one', 's1'));
      expect(await store.confirm('alice', 'one', 1, [], T + 600_000)).toBe(false);
      expect(await store.find('alice')).toBeUndefined();
      expect(await store.confirm('alice', 'one', 1, [], T + 599_999)).toBe(true);
    });

    it('takes the step of the confirmation as used', async () => {
      const store = await withAlice();
      expect(await store.claimStep('alice', 'one', 100)).toBe(false);
      expect(await store.claimStep('alice', 'one', 99)).toBe(false);
    });

    it('takes each step once, and never one before it', async () => {
      const store = await withAlice();
      expect(await yeses(() => store.claimStep('alice', 'one', 102))).toBe(1);
      expect(await store.claimStep('alice', 'one', 101)).toBe(false);
      expect(await store.claimStep('alice', 'one', 103)).toBe(true);
    });

    it('starts anew with another authenticator: its steps, its recovery codes', async () => {
      const store = await withAlice(['r1']);
      await store.setPending('alice', pending('two', 's2', 'one'));
      await store.confirm('alice', 'two', 50, ['r2'], T);
      expect(await store.claimStep('alice', 'one', 200)).toBe(false);
      expect(await store.claimStep('alice', 'two', 51)).toBe(true);
      expect(await store.claimRecoveryCode('alice', 'r1')).toBe(false);
      expect(await store.claimRecoveryCode('alice', 'r2')).toBe(true);
    });

    it('reseals without touching the last step, and nobody else', async () => {
      const store = await withAlice();
      await store.claimStep('alice', 'one', 105);
      await store.reseal('alice', { id: 'one', sealed: 'new' });
      expect(await store.find('alice')).toEqual({ id: 'one', sealed: 'new' });
      expect(await store.claimStep('alice', 'one', 105)).toBe(false);
      await store.reseal('alice', { id: 'other', sealed: 'wrong' });
      await store.reseal('bob', { id: 'one', sealed: 'wrong' });
      expect(await store.find('alice')).toEqual({ id: 'one', sealed: 'new' });
      expect(await store.find('bob')).toBeUndefined();
    });

    it('takes each recovery code once, and all of them away for new ones', async () => {
      const store = await withAlice(['r1', 'r2']);
      expect(await yeses(() => store.claimRecoveryCode('alice', 'r1'))).toBe(1);
      expect(await store.claimRecoveryCode('bob', 'r2')).toBe(false);
      expect(await store.setRecoveryCodes('alice', ['r3'])).toBe(true);
      expect(await store.claimRecoveryCode('alice', 'r2')).toBe(false);
      expect(await store.claimRecoveryCode('alice', 'r3')).toBe(true);
    });

    it('counts attempts per user and window, however many come at once', async () => {
      const store = await makeStore();
      const rule = { limit: 10, windowMs: 900_000 };
      const verdicts = await Promise.all(Array.from({ length: 50 }, async () => store.countAttempt('alice', rule, T)));
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(10);
      expect(await store.countAttempt('alice', rule, T + 1)).toEqual({ allowed: false, retryAfterMs: 899_999 });
      expect(await store.countAttempt('bob', rule, T + 1)).toEqual({ allowed: true, retryAfterMs: 0 });
      expect((await store.countAttempt('alice', rule, T + 900_000)).allowed).toBe(true);
    });

    it('forgets attempts when told to', async () => {
      const store = await makeStore();
      const rule = { limit: 1, windowMs: 900_000 };
      await store.countAttempt('alice', rule, T);
      await store.clearAttempts('alice');
      expect((await store.countAttempt('alice', rule, T)).allowed).toBe(true);
      expect((await store.countAttempt('alice', rule, T)).allowed).toBe(false);
    });

    it('removes everything of one user', async () => {
      const store = await withAlice(['r1']);
      await store.setPending('alice', pending('two', 's2'));
      await store.setPending('bob', pending('three', 's3'));
      await store.remove('alice');
      expect(await store.find('alice')).toBeUndefined();
      expect(await store.pending('alice')).toBeUndefined();
      expect(await store.claimRecoveryCode('alice', 'r1')).toBe(false);
      expect(await store.pending('bob')).toEqual(pending('three', 's3'));
    });

    it('hands out a challenge until its attempts are used up, however many come at once', async () => {
      const store = await makeStore();
      await store.addChallenge('d', challenge({ attempts: 5 }));
      const tries = await Promise.all(Array.from({ length: 50 }, async () => store.tryChallenge('d', T)));
      expect(tries.filter((each) => each?.spent === false)).toHaveLength(5);
      expect(tries.filter((each) => each?.spent === true)).toHaveLength(45);
      expect(tries[0]).toEqual({ spent: false, challenge: challenge({ attempts: 5 }) });
      expect(await store.tryChallenge('other', T)).toBeUndefined();
    });

    it('completes a challenge once', async () => {
      const store = await makeStore();
      await store.addChallenge('d', challenge());
      expect(await yeses(() => store.claimChallenge('d', T))).toBe(1);
      expect(await store.tryChallenge('d', T)).toBeUndefined();
    });

    it('lets a challenge expire', async () => {
      const store = await makeStore();
      await store.addChallenge('d', challenge());
      expect(await store.tryChallenge('d', T + 299_999)).toMatchObject({ spent: false });
      expect(await store.tryChallenge('d', T + 300_000)).toBeUndefined();
      await store.addChallenge('e', challenge());
      expect(await store.claimChallenge('e', T + 300_000)).toBe(false);
    });
  });
}
