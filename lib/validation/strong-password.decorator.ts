/** Is a DTO's password good enough? The class-validator rule for a registration or password change. */

import { ValidateBy, type ValidationArguments } from 'class-validator';
import { checkKeys, checkTextList } from '../core/checks.js';
import { completePasswordPolicy, weaknessesBy, type PasswordPolicy } from '../core/password-policy.js';
import { preparePasswordScore } from '../core/password-strength.js';

export interface StrongPasswordOptions extends PasswordPolicy {
  /** Fields of the same DTO that the password may not contain. Default `['username', 'email']`; absent ones are skipped. */
  notContaining?: readonly string[];
}

/**
 * At least 12 characters of four kinds, nothing of the user's own name, and not guessable by zxcvbn's measure.
 *
 * @example
 * class Register {
 *   \@IsString() username!: string;
 *   \@StrongPassword() password!: string;
 * }
 * @throws TypeError naming option, value and fix, when the class is defined.
 */
export function StrongPassword(options: StrongPasswordOptions = {}): PropertyDecorator {
  checkKeys('StrongPassword', options, ['minLength', 'maxLength', 'classes', 'minScore', 'notContaining']);
  const { notContaining = ['username', 'email'], ...rest } = options;
  const policy = completePasswordPolicy(rest, 'StrongPassword');
  const fields = notContaining.length === 0 ? [] : checkTextList('StrongPassword.notContaining', notContaining);
  preparePasswordScore();

  const weaknesses = (value: unknown, args: ValidationArguments | undefined): string[] => {
    if (typeof value !== 'string') return ['must be a string'];
    const dto = (args?.object ?? {}) as Record<string, unknown>;
    const personal = fields.map((field) => dto[field]).filter((known) => typeof known === 'string');
    return weaknessesBy(policy, value, personal);
  };
  return ValidateBy({
    name: 'strongPassword',
    validator: {
      validate: (value, args) => weaknesses(value, args).length === 0,
      defaultMessage: (args) => `${args?.property ?? 'password'} ${weaknesses(args?.value, args).join(', ')}`,
    },
  });
}
