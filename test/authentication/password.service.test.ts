import { hash as argonHash, Algorithm } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { PasswordService } from '../../lib/index.js';
import { bootApp } from '../app.js';

const passwords = new PasswordService();
const password = 'correct-horse-battery-alice';

describe('hash', () => {
  it('is argon2id with the recommended cost, and salted', async () => {
    const [one, two] = await Promise.all([passwords.hash(password), passwords.hash(password)]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(two).not.toBe(one);
  });

  it('refuses over 128 characters before it spends anything on them', async () => {
    await expect(passwords.hash('x'.repeat(129))).rejects.toMatchObject({
      code: 'invalid_input',
      reason: 'password_too_long',
    });
    await expect(passwords.hash('x'.repeat(10_000_000))).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(passwords.hash('x'.repeat(128))).resolves.toContain('$argon2id$');
  });

  it('counts characters, not what they are made of', async () => {
    await expect(passwords.hash('🐎'.repeat(128))).resolves.toContain('$argon2id$');
    await expect(passwords.hash('🐎'.repeat(129))).rejects.toMatchObject({ reason: 'password_too_long' });
  });
});

describe('verify', () => {
  it('knows the password, exactly as it was given', async () => {
    const hash = await passwords.hash(password);
    expect(await passwords.verify(hash, password)).toBe(true);
    for (const other of [`${password} `, ` ${password}`, password.toUpperCase(), '', password.slice(0, -1)]) {
      expect(await passwords.verify(hash, other)).toBe(false);
    }
  });

  it('says no where there is no such user, after as much work', async () => {
    const hash = await passwords.hash(password);
    const fastest = async (stored: string | undefined) => {
      const times: number[] = [];
      for (let run = 0; run < 4; run++) {
        const start = performance.now();
        expect(await passwords.verify(stored, 'wrong')).toBe(false);
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    // Without the work it would be a hundred times faster.
    expect(await fastest(undefined)).toBeGreaterThan((await fastest(hash)) / 4);
  });

  it.each(['', 'x', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', '$argon2id$v=19$m=8,t=1,p=1$!$!'])(
    'says no for a hash that it cannot read: %s',
    async (hash) => {
      expect(await passwords.verify(hash, password)).toBe(false);
    },
  );

  it('says no for a password that is too long, or none', async () => {
    const hash = await passwords.hash(password);
    expect(await passwords.verify(hash, 'x'.repeat(129))).toBe(false);
    expect(await passwords.verify(hash, undefined as unknown as string)).toBe(false);
  });
});

describe('needsRehash', () => {
  it('is true for whatever is weaker than today', async () => {
    expect(passwords.needsRehash(await passwords.hash(password))).toBe(false);
    expect(passwords.needsRehash(await argonHash(password, { memoryCost: 65_536, timeCost: 3 }))).toBe(false);
    expect(passwords.needsRehash(await argonHash(password, { memoryCost: 4096 }))).toBe(true);
    expect(passwords.needsRehash(await argonHash(password, { timeCost: 1 }))).toBe(true);
    expect(passwords.needsRehash(await argonHash(password, { algorithm: Algorithm.Argon2i }))).toBe(true);
    expect(passwords.needsRehash('$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy')).toBe(true);
  });
});

it('is there to be injected', async () => {
  const t = await bootApp();
  expect(t.app.get(PasswordService)).toBeInstanceOf(PasswordService);
  await t.close();
});
