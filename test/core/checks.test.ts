import { describe, expect, it } from 'vitest';
import { checkKeys, checkOneOf, checkPositive, nearest, optionError } from '../../lib/core/checks.js';

describe('the check of options', () => {
  it('names option, value and fix', () => {
    expect(optionError('security.jwt.issuer', 7, 'is not a string', 'Use a URL.').message).toBe(
      'security.jwt.issuer: 7 is not a string. Use a URL.',
    );
  });

  it('asks whether a near name was meant', () => {
    expect(() => checkKeys('security.jwt', { issuers: 'x' }, ['issuer', 'audience'])).toThrow(
      'security.jwt.issuers: unknown option. Did you mean `security.jwt.issuer`?',
    );
  });

  it('lists what there is when nothing is near', () => {
    expect(() => checkKeys('security.jwt', { zzz: 1 }, ['issuer', 'audience'])).toThrow(
      'security.jwt.zzz: unknown option. Known: issuer, audience.',
    );
  });

  it('never prints a long value, which may be a secret', () => {
    const error = optionError('security.jwt.secret', 'x'.repeat(64), 'is weak', 'Use another.');
    expect(error.message).toBe('security.jwt.secret: a string of 64 characters is weak. Use another.');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0, -1, '5', null])('refuses %s as a positive number', (value) => {
    expect(() => checkPositive('x', value)).toThrow('is not a positive finite number');
  });

  it('offers the choices', () => {
    expect(() => checkOneOf('mode', 'enfroce', ['enforce', 'warn'])).toThrow('Did you mean "enforce"?');
    expect(() => checkOneOf('mode', 3, ['enforce', 'warn'])).toThrow('Use one of "enforce", "warn".');
  });

  it('does not guess wildly', () => {
    expect(nearest('colour', ['issuer', 'audience'])).toBeUndefined();
  });
});
