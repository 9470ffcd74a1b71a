/** Somebody tries passwords: many at one account, one at many accounts, leaked pairs, or so many that nobody gets in. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoginDefence, SecurityError } from '../../lib/index.js';
import { bootApp, TEST_SECRET, type TestApp } from '../app.js';

const PASSWORDS = new Map(Array.from({ length: 100 }, (_, index) => [`user-${index}`, `secret-${index}`]));

describe('guessing passwords', () => {
  let t: TestApp;
  let defence: LoginDefence;
  let judged: number;
  beforeEach(async () => {
    t = await bootApp({ security: { jwt: { secret: TEST_SECRET } } });
    defence = t.app.get(LoginDefence);
    judged = 0;
    PASSWORDS.set('alice', 'of-alice');
  });
  afterEach(() => t.close());

  const login = async (account: string, password: string, address: string): Promise<boolean | string> => {
    const verify = () => {
      judged++;
      return PASSWORDS.get(account) === password;
    };
    return defence
      .attempt({ account, address }, verify)
      .catch((error: unknown) => (error instanceof SecurityError ? error.code : Promise.reject(error)));
  };

  it('at one account from one address comes to some hundred tries a day, however fast', async () => {
    for (let second = 0; second < 86_400; second += 5) {
      await login('alice', `guess-${second}`, 'attacker');
      t.clock.advance(5_000);
    }
    expect(judged).toBeLessThan(330);
  });

  it('in parallel gets no further than in a row', async () => {
    await Promise.all(Array.from({ length: 500 }, (_, index) => login('alice', `guess-${index}`, 'attacker')));
    expect(judged).toBe(5);
  });

  it('with one password at many accounts (spraying) is stopped by the address, and noticed', async () => {
    for (let index = 0; index < 100; index++) await login(`user-${index}`, 'Winter-2026!', 'attacker');
    expect(judged).toBe(5);
    const alerts = t.events.filter(({ kind }) => kind === 'credential_stuffing');
    expect(alerts).toEqual([
      {
        kind: 'credential_stuffing',
        level: 'alert',
        timeMs: t.clock.now(),
        subject: { address: 'attacker' },
        accounts: 10,
      },
    ]);
  });

  it('with leaked pairs (stuffing) is noticed once per ten minutes, though some of them fit', async () => {
    let entered = 0;
    for (let index = 0; index < 600; index++) {
      const password = index % 10 === 0 ? `secret-${index}` : 'leaked';
      if ((await login(`user-${index}`, password, 'attacker')) === true) entered++;
      t.clock.advance(2_000);
    }
    // Twenty minutes: each window is told of once, and few of the pairs were even tried.
    expect(t.events.filter(({ kind }) => kind === 'credential_stuffing').length).toBeLessThanOrEqual(2);
    expect(t.events.some(({ kind }) => kind === 'credential_stuffing')).toBe(true);
    expect(judged).toBeLessThan(110);
    expect(entered).toBeLessThan(12);
  });

  it('does not shut alice out, from her own address or a new one', async () => {
    expect(await login('alice', 'of-alice', 'home')).toBe(true);
    for (let round = 0; round < 50; round++) {
      for (let address = 0; address < 20; address++) await login('alice', 'guess', `bot-${address}`);
      expect(await login('alice', 'of-alice', `cafe-${round}`)).toBe(true);
      t.clock.advance(5_000);
    }
    // At home she may even mistype, as if nothing had happened.
    for (let address = 0; address < 20; address++) await login('alice', 'guess', `late-bot-${address}`);
    for (let typo = 0; typo < 4; typo++) expect(await login('alice', 'typo', 'home')).toBe(false);
    expect(await login('alice', 'of-alice', 'home')).toBe(true);
  });

  it('from a thousand addresses at once gets one try from each, not five', async () => {
    for (let round = 0; round < 5; round++) {
      for (let address = 0; address < 1000; address++) await login('alice', 'guess', `bot-${address}`);
    }
    expect(judged).toBeLessThan(1010);
  });

  it("is not washed off by logging in to one's own account in between", async () => {
    PASSWORDS.set('mallory', 'own');
    for (let guess = 0; guess < 50; guess++) {
      await login('alice', `guess-${guess}`, 'attacker');
      await login('mallory', 'own', 'attacker');
    }
    const guesses = t.events.filter(({ kind }) => kind === 'credential_refused').length;
    expect(guesses).toBeLessThanOrEqual(12);
  });
});
