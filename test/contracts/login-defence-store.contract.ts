/** What every store of failed logins must do, wherever it counts them. */

import { describe, expect, it } from 'vitest';
import { perMinute } from '../../lib/throttling/rate.js';
import { delayPolicy } from '../../lib/throttling/login-defence/failure-record.js';
import type {
  LoginDefenceStore,
  LoginKeys,
  LoginPolicy,
} from '../../lib/throttling/login-defence/login-defence.store.js';

const T = 1_767_225_600_000;

const POLICY: LoginPolicy = {
  account: delayPolicy(perMinute(5), 300_000),
  address: delayPolicy(perMinute(5), 300_000),
  stuffing: { accounts: 4, windowMs: 600_000 },
  knownForMs: 86_400_000,
  challenges: false,
};
/** Here nobody is stopped for the address alone. */
const WIDE: LoginPolicy = { ...POLICY, address: delayPolicy(perMinute(1000), 300_000) };
const CHALLENGING: LoginPolicy = { ...WIDE, challenges: true };

const at = (account: string, address: string): LoginKeys => ({ account, address });

/** @param makeStore A store that knows no failure, asked for anew by every test. */
export function loginDefenceStoreContract(
  name: string,
  makeStore: () => LoginDefenceStore | Promise<LoginDefenceStore>,
): void {
  describe(`the store of failed logins: ${name}`, () => {
    const failing = async (
      store: LoginDefenceStore,
      keys: LoginKeys,
      times: number,
      policy = POLICY,
      nowMs = T,
    ): Promise<void> => {
      for (let time = 0; time < times; time++) {
        expect(await store.begin(keys, policy, nowMs, false)).toEqual({ retryAfterMs: 0 });
        await store.fail(keys, policy, nowMs);
      }
    };
    const begin = async (store: LoginDefenceStore, keys: LoginKeys, nowMs = T, policy = POLICY, challenged = false) =>
      store.begin(keys, policy, nowMs, challenged);

    it('lets five through that begin at once, and no more', async () => {
      const store = await makeStore();
      const begun = await Promise.all(Array.from({ length: 50 }, async () => begin(store, at('alice', 'a'))));
      expect(begun.filter(({ obstacle }) => obstacle === undefined)).toHaveLength(5);
      expect(begun.at(-1)).toEqual({ obstacle: 'address', retryAfterMs: 12_000 });
    });

    it.each([1, 10, 1000])('lets five through that come %i ms apart, and no more', async (gapMs) => {
      const store = await makeStore();
      for (let time = 0; time < 5; time++) await failing(store, at('alice', 'a'), 1, POLICY, T + time * gapMs);
      expect(await begin(store, at('alice', 'a'), T + 5 * gapMs)).toEqual({
        obstacle: 'address',
        retryAfterMs: 12_000 - gapMs,
      });
    });

    it('doubles the wait with each further failure, up to the longest', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5);
      let nowMs = T;
      const waits: number[] = [];
      for (let time = 0; time < 7; time++) {
        const { retryAfterMs } = await begin(store, at('alice', 'a'), nowMs);
        waits.push(retryAfterMs / 1000);
        expect((await begin(store, at('alice', 'a'), nowMs + retryAfterMs - 1)).obstacle).toBe('address');
        nowMs += retryAfterMs;
        await failing(store, at('alice', 'a'), 1, POLICY, nowMs);
      }
      expect(waits.slice(0, 3)).toEqual([12, 24, 48]);
      expect(Math.max(...waits)).toBeLessThanOrEqual(300);
      expect(waits.at(-1)).toBeGreaterThan(waits[2]!);
    });

    it('forgives with time', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5);
      const later = T + 5 * 300_000;
      await failing(store, at('alice', 'a'), 5, POLICY, later);
      expect((await begin(store, at('alice', 'a'), later)).retryAfterMs).toBe(12_000);
    });

    it('stops one account from one address, where the address alone would go on', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5, WIDE);
      expect(await begin(store, at('alice', 'a'), T, WIDE)).toEqual({
        obstacle: 'account_from_address',
        retryAfterMs: 12_000,
      });
      expect(await begin(store, at('bob', 'a'), T, WIDE)).toEqual({ retryAfterMs: 0 });
    });

    it('lets nobody shut an account to another address', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5);
      for (const address of ['b', 'c', 'd', 'e']) await failing(store, at('alice', address), 1);
      expect(await begin(store, at('alice', 'home'))).toEqual({ retryAfterMs: 0 });
    });

    it('gives an address that nobody knows one try at an account under attack', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5);
      await failing(store, at('alice', 'c'), 1);
      const { obstacle, retryAfterMs } = await begin(store, at('alice', 'c'));
      expect(obstacle).toBe('account_under_attack');
      expect(retryAfterMs).toBeGreaterThan(0);
      expect((await begin(store, at('alice', 'c'), T + 300_000)).obstacle).toBeUndefined();
    });

    it('refuses the owner where they came from before for their own failures only', async () => {
      const store = await makeStore();
      await begin(store, at('alice', 'home'));
      await store.succeed(at('alice', 'home'), POLICY, T);
      for (const address of ['a', 'b', 'c']) await failing(store, at('alice', address), 1);
      await failing(store, at('alice', 'd'), 2);
      expect((await begin(store, at('alice', 'd'))).obstacle).toBe('account_under_attack');
      await failing(store, at('alice', 'home'), 5);
      expect((await begin(store, at('alice', 'home'))).obstacle).toBe('address');
    });

    it('forgets the failures of an account on success, and gives the address its own try back, no more', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 4);
      expect(await begin(store, at('alice', 'a'))).toEqual({ retryAfterMs: 0 });
      await store.succeed(at('alice', 'a'), POLICY, T);
      await failing(store, at('bob', 'a'), 1);
      expect((await begin(store, at('alice', 'a'))).obstacle).toBe('address');
      await failing(store, at('alice', 'b'), 5);
    });

    it('gives everything back where nobody knows what came of a try', async () => {
      const store = await makeStore();
      for (let time = 0; time < 20; time++) {
        expect((await begin(store, at('alice', 'a'))).obstacle).toBeUndefined();
        await store.release(at('alice', 'a'), POLICY, T);
      }
      await failing(store, at('alice', 'a'), 5);
    });

    it('tells once per window of an address that fails at many accounts', async () => {
      const store = await makeStore();
      const told: (number | undefined)[] = [];
      const fail = async (account: string, nowMs: number): Promise<void> => {
        await store.begin(at(account, 'a'), WIDE, nowMs, false);
        told.push((await store.fail(at(account, 'a'), WIDE, nowMs)).stuffing);
      };
      for (const account of ['a', 'a', 'b', 'c', 'd', 'e', 'f']) await fail(account, T);
      expect(told).toEqual([undefined, undefined, undefined, undefined, 4, undefined, undefined]);
      for (const account of ['g', 'h', 'i', 'j']) await fail(account, T + 600_000);
      expect(told.slice(7)).toEqual([undefined, undefined, undefined, 4]);
    });

    it('counts the accounts that are tried while the address waits', async () => {
      const store = await makeStore();
      await failing(store, at('a', 'x'), 5);
      expect((await begin(store, at('b', 'x'))).stuffing).toBeUndefined();
      expect((await begin(store, at('c', 'x'))).stuffing).toBeUndefined();
      expect(await begin(store, at('d', 'x'))).toMatchObject({ obstacle: 'address', stuffing: 4 });
    });

    it('does not count the accounts of people who get in', async () => {
      const store = await makeStore();
      for (const account of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await begin(store, at(account, 'office'), T, WIDE);
        expect((await store.fail(at(account, 'office'), WIDE, T)).stuffing).toBeUndefined();
        await begin(store, at(account, 'office'), T, WIDE);
        await store.succeed(at(account, 'office'), WIDE, T);
      }
    });

    it('lets a challenge open what others did, and not what the address did itself', async () => {
      const store = await makeStore();
      for (const account of ['a', 'b', 'c', 'd']) await failing(store, at(account, 'x'), 1, CHALLENGING);
      expect((await begin(store, at('e', 'x'), T, CHALLENGING)).obstacle).toBe('credential_stuffing');
      expect((await begin(store, at('e', 'x'), T, WIDE)).obstacle).toBeUndefined();
      for (let time = 0; time < 4; time++) {
        expect((await begin(store, at('e', 'x'), T, CHALLENGING, true)).obstacle).toBeUndefined();
      }
      expect((await begin(store, at('e', 'x'), T, CHALLENGING, true)).obstacle).toBe('account_from_address');
    });
  });
}
