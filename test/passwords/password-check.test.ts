import { createHash } from 'node:crypto';
import { hash as argonHash } from '@node-rs/argon2';
import { afterEach, describe, expect, it } from 'vitest';
import { PasswordService, SecurityModule, type PasswordOptions } from '../../lib/index.js';
import { bootApp, TEST_SECRET, type TestApp } from '../app.js';

const GOOD = 'Plover-42-quince-Atoll';
const DIGEST = createHash('sha1').update(GOOD).digest('hex').toUpperCase();

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});

async function boot(passwords: PasswordOptions = {}): Promise<PasswordService> {
  t = await bootApp({ security: { jwt: { secret: TEST_SECRET }, passwords } });
  return t.app.get(PasswordService);
}

describe('check', () => {
  it('finds nothing in a good password, and everything in a bad one', async () => {
    const service = await boot();
    expect(await service.check(GOOD)).toEqual([]);
    expect(await service.check('password')).toEqual([
      'must have at least 12 characters',
      'must mix upper case, lower case, digits and other characters',
    ]);
    expect(await service.check('Password123!')).toEqual(['is too easy to guess']);
    expect(await service.check('x'.repeat(1_000_000))).toEqual(['must have at most 128 characters']);
    expect(await service.check(undefined as unknown as string)).toEqual(['must be a string']);
  });

  it('refuses what is known of its owner', async () => {
    const service = await boot();
    const owner = { username: 'quince', email: 'atoll@example.com' };
    expect(await service.check(GOOD, owner)).toEqual(['must not contain your name or e-mail address']);
    expect(await service.check(GOOD, { username: 'bob' })).toEqual([]);
  });

  it('goes by the policy of the app', async () => {
    const service = await boot({ policy: { minLength: 8, classes: 1, minScore: 0 } });
    expect(await service.check('abcdefgh')).toEqual([]);
    expect(await service.check('abcdefg')).toEqual(['must have at least 8 characters']);
  });
});

describe('the breached-password hook', () => {
  const LEAKED = ['has leaked before: it is on the lists that attackers try first'];

  it('is asked by the first five letters of the digest, and nothing else', async () => {
    const asked: unknown[][] = [];
    const service = await boot({
      breached: async (...args) => {
        asked.push(args);
        return [];
      },
    });
    expect(await service.check(GOOD, { username: 'alice' })).toEqual([]);
    expect(asked).toEqual([[DIGEST.slice(0, 5)]]);
  });

  it.each<[string, string[], string[]]>([
    ['the rest alone', [DIGEST.slice(5)], LEAKED],
    ['the rest with a count', ['0'.repeat(35) + ':3', `${DIGEST.slice(5)}:12\r`], LEAKED],
    ['lower case', [DIGEST.slice(5).toLowerCase()], LEAKED],
    ['padding, whose count is 0', [`${DIGEST.slice(5)}:0`], []],
    ['others only', ['0'.repeat(35), DIGEST, ''], []],
  ])('reads %s', async (_what, suffixes, weaknesses) => {
    const service = await boot({ breached: () => suffixes });
    expect(await service.check(GOOD)).toEqual(weaknesses);
  });

  it('is not asked for a password that is weak anyway', async () => {
    const service = await boot({ breached: () => Promise.reject(new Error('asked')) });
    expect(await service.check('weak')).not.toEqual([]);
    expect(t!.events).toEqual([]);
  });

  it.each<[string, PasswordOptions['breached']]>([
    ['rejects', () => Promise.reject(new TypeError('down'))],
    [
      'throws',
      () => {
        throw new TypeError('down');
      },
    ],
    ['answers nonsense', () => undefined as unknown as string[]],
  ])('lets a password pass that nobody can judge, and says so: it %s', async (_what, breached) => {
    const service = await boot({ breached: breached! });
    expect(await service.check(GOOD)).toEqual([]);
    expect(t!.events).toEqual([
      { kind: 'breach_check_failed', level: 'warning', timeMs: t!.clock.now(), subject: {}, reason: 'TypeError' },
    ]);
    expect(JSON.stringify(t!.events)).not.toContain(DIGEST.slice(0, 5));
  });
});

describe('verifyAndUpgrade', () => {
  it('hands out a stronger hash when the cost has grown, to who gives the right password', async () => {
    const service = await boot({ cost: { memoryCost: 32_768, timeCost: 2 } });
    const weak = await argonHash(GOOD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    const saved: string[] = [];
    const replaced: string[] = [];
    const save = (hash: string, old: string) => {
      saved.push(hash);
      replaced.push(old);
    };
    expect(await service.verifyAndUpgrade(weak, 'wrong', save)).toBe(false);
    expect(await service.verifyAndUpgrade(undefined, GOOD, save)).toBe(false);
    expect(saved).toEqual([]);
    expect(await service.verifyAndUpgrade(weak, GOOD, save)).toBe(true);
    expect(saved).toEqual([expect.stringMatching(/^\$argon2id\$v=19\$m=32768,t=2,p=1\$/)]);
    expect(replaced).toEqual([weak]);
    expect(await service.verifyAndUpgrade(saved[0], GOOD, save)).toBe(true);
    expect(saved).toHaveLength(1);
  });

  it('tells when the new hash cannot be saved', async () => {
    const service = await boot({ cost: { memoryCost: 32_768 } });
    const weak = await argonHash(GOOD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    const save = () => Promise.reject(new Error('table is read-only'));
    await expect(service.verifyAndUpgrade(weak, GOOD, save)).rejects.toThrow('read-only');
  });
});

describe('the passwords option', () => {
  it.each<[object, string]>([
    [{ polcy: {} }, 'Did you mean `security.passwords.policy`?'],
    [{ policy: { minLength: 0 } }, 'security.passwords.policy.minLength: 0 is out of range'],
    [{ cost: { memoryCost: 4096 } }, 'security.passwords.cost: "4096 KiB, 2 passes" is less than OWASP recommends'],
    [{ cost: { timeCost: 1 } }, 'security.passwords.cost: "19456 KiB, 1 passes" is less than OWASP recommends'],
    [{ cost: { parallelism: 0 } }, 'security.passwords.cost.parallelism: 0'],
    [{ cost: { memory: 1 } }, 'security.passwords.cost.memory: unknown option'],
    [{ breached: 'https://example.com' }, 'security.passwords.breached: "https://example.com" is not a function'],
  ])('refuses %j', (passwords, complaint) => {
    expect(() => SecurityModule.forRoot({ passwords })).toThrow(TypeError);
    expect(() => SecurityModule.forRoot({ passwords })).toThrow(complaint);
  });

  it.each([
    { memoryCost: 47_104, timeCost: 1 },
    { memoryCost: 7_168, timeCost: 5 },
    { memoryCost: 65_536, timeCost: 3, parallelism: 4 },
  ])('takes %j', (cost) => {
    expect(() => SecurityModule.forRoot({ jwt: { secret: TEST_SECRET }, passwords: { cost } })).not.toThrow();
  });
});
