import { describe, expect, it } from 'vitest';
import { delayPolicy } from '../../lib/throttling/login-defence/failure-record.js';
import { MemoryLoginDefenceStore } from '../../lib/throttling/login-defence/memory-login-defence.store.js';
import type { LoginPolicy } from '../../lib/throttling/login-defence/login-defence.store.js';
import { perMinute } from '../../lib/throttling/rate.js';

describe('the memory store of failed logins', () => {
  const T = 1_767_225_600_000;
  const POLICY: LoginPolicy = {
    account: delayPolicy(perMinute(2), 300_000),
    address: delayPolicy(perMinute(1000), 300_000),
    stuffing: { accounts: 100, windowMs: 600_000 },
    knownForMs: 86_400_000,
    challenges: false,
  };
  const HOME = { account: 'alice', address: 'home' };

  const floodedAfter = (isOwner: boolean): MemoryLoginDefenceStore => {
    const store = new MemoryLoginDefenceStore(10);
    store.begin(HOME, POLICY, T, false);
    if (isOwner) store.succeed(HOME, POLICY, T);
    for (let address = 0; address < 100; address++) {
      const keys = { account: 'alice', address: `bot-${address}` };
      store.begin(keys, POLICY, T, false);
      store.fail(keys, POLICY, T);
    }
    store.begin(HOME, POLICY, T, false);
    return store;
  };

  it('knows where the owner came from through a flood of failures, and what it keeps stays bounded', () => {
    const store = floodedAfter(true);
    expect(store.begin(HOME, POLICY, T, false).obstacle).toBeUndefined();
    expect(store.size).toBeLessThanOrEqual(10);
  });

  it('treats who never got in as anybody else', () => {
    expect(floodedAfter(false).begin(HOME, POLICY, T, false).obstacle).toBe('account_under_attack');
  });

  it('keeps so many known addresses, and forgets the one that was used longest ago', () => {
    const store = floodedAfter(true);
    for (let address = 0; address < 10; address++) {
      const keys = { account: 'mallory', address: `${address}` };
      store.begin(keys, POLICY, T, false);
      store.succeed(keys, POLICY, T);
    }
    for (let bot = 0; bot < 3; bot++) store.begin({ account: 'alice', address: `late-${bot}` }, POLICY, T, false);
    store.begin(HOME, POLICY, T, false);
    expect(store.begin(HOME, POLICY, T, false).obstacle).toBe('account_under_attack');
  });
});
