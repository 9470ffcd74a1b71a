/** What is held against a password. */

import { validate } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { passwordWeaknesses } from '../../lib/core/password-policy.js';
import { StrongPassword } from '../../lib/validation/strong-password.decorator.js';

const GOOD = 'Plover-42-quince-Atoll';

describe('passwordWeaknesses', () => {
  it('finds nothing in a long, mixed, unguessable password', () => {
    expect(passwordWeaknesses(GOOD)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['a short one', 'aB3$aB3$aB3', 'must have at least 12 characters'],
    ['one of a single class', 'ploverquinceatoll', 'must mix upper case, lower case, digits and other characters'],
    ['a guessable one', 'Password123!', 'is too easy to guess'],
    ['one that repeats itself', 'aB3$aB3$aB3$', 'is too easy to guess'],
    ['one over 128 characters', `${GOOD}${'x'.repeat(128)}`, 'must have at most 128 characters'],
  ])('refuses %s', (_what, password, weakness) => {
    expect(passwordWeaknesses(password)).toEqual([weakness]);
  });

  it('counts characters, not code units', () => {
    expect(passwordWeaknesses('🙂'.repeat(11), { classes: 1, minScore: 0 })).toEqual([
      'must have at least 12 characters',
    ]);
    expect(passwordWeaknesses('🙂'.repeat(12), { classes: 1, minScore: 0 })).toEqual([]);
  });

  it.each(['plover', 'PLOVER', 'plover@example.com'])('refuses what contains %j of the user', (known) => {
    expect(passwordWeaknesses(GOOD, { personal: [known] })).toEqual(['must not contain your name or e-mail address']);
  });

  it('does not mind a two-letter name', () => {
    expect(passwordWeaknesses(GOOD, { personal: ['at'] })).toEqual([]);
  });

  it('says of a megabyte only that it is one', () => {
    expect(passwordWeaknesses('alice'.repeat(200_000), { personal: ['alice'] })).toEqual([
      'must have at most 128 characters',
    ]);
  });

  it('scores the worst of 128 characters without burning the processor', () => {
    passwordWeaknesses(GOOD);
    const times = [1, 2, 3].map((round) => {
      const start = performance.now();
      passwordWeaknesses(`${round}4@8({[<3619!1|0$57+2%aA`.repeat(5));
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(1_000);
  });

  it('refuses a policy that cannot be met', () => {
    expect(() => passwordWeaknesses(GOOD, { minLength: 20, maxLength: 10 })).toThrow(
      'passwordWeaknesses.maxLength: 10 is out of range. Use a whole number from 20 to 1024.',
    );
    expect(() => passwordWeaknesses(GOOD, { minLenght: 8 } as never)).toThrow(
      'Did you mean `passwordWeaknesses.minLength`?',
    );
  });
});

describe('@StrongPassword()', () => {
  class Registration {
    username = 'plover';
    @StrongPassword()
    password!: unknown;
  }

  const messagesFor = async (password: unknown, username = 'alice'): Promise<unknown> => {
    const errors = await validate(Object.assign(new Registration(), { password, username }));
    return errors.map(({ constraints }) => constraints);
  };

  it('accepts a good password', async () => {
    expect(await messagesFor(GOOD)).toEqual([]);
  });

  it('refuses one that contains the user name of the same object', async () => {
    expect(await messagesFor(GOOD, 'quince')).toEqual([
      { strongPassword: 'password must not contain your name or e-mail address' },
    ]);
  });

  it('lists all that is wrong', async () => {
    expect(await messagesFor('short')).toEqual([
      {
        strongPassword:
          'password must have at least 12 characters, must mix upper case, lower case, digits and other characters',
      },
    ]);
  });

  it('refuses what is no text', async () => {
    expect(await messagesFor({ length: 20 })).toEqual([{ strongPassword: 'password must be a string' }]);
  });

  it('refuses options that it does not know, when the class is defined', () => {
    expect(() => StrongPassword({ minScores: 3 } as never)).toThrow('Did you mean `StrongPassword.minScore`?');
  });
});
