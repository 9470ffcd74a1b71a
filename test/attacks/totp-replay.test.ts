/** Somebody looks over a shoulder, or stands between: the same code comes twice. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryMfaStore, totp, TotpService, type StoredPending } from '../../lib/index.js';
import { bootApp, TEST_SECRET, type TestApp } from '../app.js';

describe('the replay of a one-time password', () => {
  let t: TestApp;
  let service: TotpService;
  let secret: string;
  const codeAt = (offset: number): string => totp({ secret, now: t.clock.now() + offset * 30_000 });

  beforeEach(async () => {
    t = await bootApp({ security: { jwt: { secret: TEST_SECRET }, mfa: { attemptsPerUser: 1000 } } });
    service = t.app.get(TotpService);
    ({ secret } = await service.enroll('alice'));
    await service.confirm('alice', codeAt(0));
    t.clock.advance(90_000);
  });
  afterEach(() => t.close());

  it('is refused for as long as the code would stand', async () => {
    const code = codeAt(0);
    expect(await service.verify('alice', code)).toBe(true);
    for (let second = 0; second < 60; second++) {
      expect(await service.verify('alice', code)).toBe(false);
      t.clock.advance(1_000);
    }
  });

  it('is refused in a race of two hundred', async () => {
    const code = codeAt(0);
    const answers = await Promise.all(Array.from({ length: 200 }, () => service.verify('alice', code)));
    expect(answers.filter(Boolean)).toHaveLength(1);
  });

  it('is refused for codes that were overheard before a later one was used', async () => {
    const overheard = codeAt(-1);
    expect(await service.verify('alice', codeAt(0))).toBe(true);
    expect(await service.verify('alice', overheard)).toBe(false);
  });

  it('is refused where clocks go backwards', async () => {
    const code = codeAt(0);
    expect(await service.verify('alice', code)).toBe(true);
    t.clock.advance(-20_000);
    expect(await service.verify('alice', code)).toBe(false);
  });

  it('is refused after the secret was encrypted anew meanwhile', async () => {
    const code = codeAt(0);
    const [first] = await Promise.all([service.verify('alice', code), service.enroll('alice', { replace: true })]);
    expect(first).toBe(true);
    expect(await service.verify('alice', code)).toBe(false);
  });
});

it('does not let a stolen row open under another name', async () => {
  const store = new MemoryMfaStore();
  const t = await bootApp({ security: { jwt: { secret: TEST_SECRET }, mfa: { store } } });
  const service = t.app.get(TotpService);
  const { secret } = await service.enroll('mallory');
  const code = totp({ secret, now: t.clock.now() });
  // Mallory can write to the table, and puts her own factor in alice's place.
  store.setPending('alice', store.pending('mallory') as StoredPending);
  await expect(service.confirm('alice', code)).rejects.toThrow(/authenticate/);
  await t.close();
});
