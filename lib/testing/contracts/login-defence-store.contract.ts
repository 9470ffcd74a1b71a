/** What every store of failed logins must do, wherever it counts them. */

import { equal, ok } from 'node:assert/strict';
import { perMinute } from '../../throttling/rate.js';
import { delayPolicy } from '../../throttling/login-defence/failure-record.js';
import type { LoginDefenceStore, LoginKeys, LoginPolicy } from '../../throttling/login-defence/login-defence.store.js';
import { agree, agreeInPart } from './agreement.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

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
  { describe, it }: TestFramework,
  name: string,
  makeStore: MakeStore<LoginDefenceStore>,
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
        agree(await store.begin(keys, policy, nowMs, false), { retryAfterMs: 0 });
        await store.fail(keys, policy, nowMs);
      }
    };
    const begin = async (store: LoginDefenceStore, keys: LoginKeys, nowMs = T, policy = POLICY, challenged = false) =>
      store.begin(keys, policy, nowMs, challenged);

    it('lets five through that begin at once, and no more', async () => {
      const store = await makeStore();
      const begun = await Promise.all(Array.from({ length: 50 }, async () => begin(store, at('alice', 'a'))));
      equal(begun.filter(({ obstacle }) => obstacle === undefined).length, 5);
      agree(begun.at(-1), { obstacle: 'address', retryAfterMs: 12_000 });
    });

    for (const gapMs of [1, 10, 1000])
      it(`lets five through that come ${gapMs} ms apart, and no more`, async () => {
        const store = await makeStore();
        for (let time = 0; time < 5; time++) await failing(store, at('alice', 'a'), 1, POLICY, T + time * gapMs);
        agree(await begin(store, at('alice', 'a'), T + 5 * gapMs), {
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
        equal((await begin(store, at('alice', 'a'), nowMs + retryAfterMs - 1)).obstacle, 'address');
        nowMs += retryAfterMs;
        await failing(store, at('alice', 'a'), 1, POLICY, nowMs);
      }
      agree(waits.slice(0, 3), [12, 24, 48]);
      ok(Math.max(...waits) <= 300);
      ok(waits.at(-1)! > waits[2]!);
    });

    it('forgives with time', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5);
      const later = T + 5 * 300_000;
      await failing(store, at('alice', 'a'), 5, POLICY, later);
      equal((await begin(store, at('alice', 'a'), later)).retryAfterMs, 12_000);
    });

    it('stops one account from one address, where the address alone would go on', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5, WIDE);
      agree(await begin(store, at('alice', 'a'), T, WIDE), {
        obstacle: 'account_from_address',
        retryAfterMs: 12_000,
      });
      agree(await begin(store, at('bob', 'a'), T, WIDE), { retryAfterMs: 0 });
    });

    it('lets nobody shut an account to another address', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5);
      for (const address of ['b', 'c', 'd', 'e']) await failing(store, at('alice', address), 1);
      agree(await begin(store, at('alice', 'home')), { retryAfterMs: 0 });
    });

    it('gives an address that nobody knows one try at an account under attack', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 5);
      await failing(store, at('alice', 'c'), 1);
      const { obstacle, retryAfterMs } = await begin(store, at('alice', 'c'));
      equal(obstacle, 'account_under_attack');
      ok(retryAfterMs > 0);
      equal((await begin(store, at('alice', 'c'), T + 300_000)).obstacle, undefined);
    });

    it('refuses the owner where they came from before for their own failures only', async () => {
      const store = await makeStore();
      await begin(store, at('alice', 'home'));
      await store.succeed(at('alice', 'home'), POLICY, T);
      for (const address of ['a', 'b', 'c']) await failing(store, at('alice', address), 1);
      await failing(store, at('alice', 'd'), 2);
      equal((await begin(store, at('alice', 'd'))).obstacle, 'account_under_attack');
      await failing(store, at('alice', 'home'), 5);
      equal((await begin(store, at('alice', 'home'))).obstacle, 'address');
    });

    it('forgets the failures of an account on success, and gives the address its own try back, no more', async () => {
      const store = await makeStore();
      await failing(store, at('alice', 'a'), 4);
      agree(await begin(store, at('alice', 'a')), { retryAfterMs: 0 });
      await store.succeed(at('alice', 'a'), POLICY, T);
      await failing(store, at('bob', 'a'), 1);
      equal((await begin(store, at('alice', 'a'))).obstacle, 'address');
      await failing(store, at('alice', 'b'), 5);
    });

    it('gives everything back where nobody knows what came of a try', async () => {
      const store = await makeStore();
      for (let time = 0; time < 20; time++) {
        equal((await begin(store, at('alice', 'a'))).obstacle, undefined);
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
      agree(told, [undefined, undefined, undefined, undefined, 4, undefined, undefined]);
      for (const account of ['g', 'h', 'i', 'j']) await fail(account, T + 600_000);
      agree(told.slice(7), [undefined, undefined, undefined, 4]);
    });

    it('counts the accounts that are tried while the address waits', async () => {
      const store = await makeStore();
      await failing(store, at('a', 'x'), 5);
      equal((await begin(store, at('b', 'x'))).stuffing, undefined);
      equal((await begin(store, at('c', 'x'))).stuffing, undefined);
      agreeInPart(await begin(store, at('d', 'x')), { obstacle: 'address', stuffing: 4 });
    });

    it('does not count the accounts of people who get in', async () => {
      const store = await makeStore();
      for (const account of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await begin(store, at(account, 'office'), T, WIDE);
        equal((await store.fail(at(account, 'office'), WIDE, T)).stuffing, undefined);
        await begin(store, at(account, 'office'), T, WIDE);
        await store.succeed(at(account, 'office'), WIDE, T);
      }
    });

    it('lets a challenge open what others did, and not what the address did itself', async () => {
      const store = await makeStore();
      for (const account of ['a', 'b', 'c', 'd']) await failing(store, at(account, 'x'), 1, CHALLENGING);
      equal((await begin(store, at('e', 'x'), T, CHALLENGING)).obstacle, 'credential_stuffing');
      equal((await begin(store, at('e', 'x'), T, WIDE)).obstacle, undefined);
      for (let time = 0; time < 4; time++) {
        equal((await begin(store, at('e', 'x'), T, CHALLENGING, true)).obstacle, undefined);
      }
      equal((await begin(store, at('e', 'x'), T, CHALLENGING, true)).obstacle, 'account_from_address');
    });
  });
}
