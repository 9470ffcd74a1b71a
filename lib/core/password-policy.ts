/** What is wrong with a password? */

import { checkKeys, optionError } from './checks.js';
import { passwordScore } from './password-strength.js';

export interface PasswordPolicy {
  /** Fewest characters (Unicode code points). Default 12. */
  minLength?: number;
  /** Most characters: longer ones are refused before anything else looks at them. Default 128. */
  maxLength?: number;
  /** How many of upper case, lower case, digit and other must occur, 0 to 4. Default 4. */
  classes?: number;
  /** The least zxcvbn score, 0 to 4; 0 does not ask zxcvbn at all. Default 3. */
  minScore?: number;
}

export interface PasswordRules extends PasswordPolicy {
  /** What an attacker knows of this person: user name, e-mail address. The password may not contain any of it. */
  personal?: readonly string[];
}

/** Shorter words occur in good passwords by chance. */
const SHORTEST_PERSONAL = 3;

const CLASSES = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u];

/**
 * Everything that a policy holds against a password, in words that complete "password …". An empty list: it is good.
 * Length is judged first, and the costly score last and only where nothing else was wrong.
 *
 * @example
 * passwordWeaknesses('hunter2') // ['must have at least 12 characters', …]
 * @throws TypeError for a policy that cannot be met or means nothing.
 */
export function passwordWeaknesses(password: string, rules: PasswordRules = {}): string[] {
  const { personal = [], ...policy } = rules;
  return weaknessesBy(completePasswordPolicy(policy, 'passwordWeaknesses'), password, personal);
}

/** The same for a policy that was checked before. */
export function weaknessesBy(
  { minLength, maxLength, classes, minScore }: Required<PasswordPolicy>,
  password: string,
  personal: readonly string[],
): string[] {
  // A code point is one or two code units: this bounds all the work below.
  if (password.length > maxLength * 2) return [`must have at most ${maxLength} characters`];
  const length = [...password].length;
  if (length > maxLength) return [`must have at most ${maxLength} characters`];

  const found: string[] = [];
  if (length < minLength) found.push(`must have at least ${minLength} characters`);
  if (CLASSES.filter((each) => each.test(password)).length < classes) {
    found.push(
      classes === 4
        ? 'must mix upper case, lower case, digits and other characters'
        : `must mix at least ${classes} of upper case, lower case, digits and other characters`,
    );
  }
  const words = personal.flatMap(wordsOf);
  const lower = password.toLowerCase();
  if (words.some((word) => lower.includes(word))) found.push('must not contain your name or e-mail address');
  if (found.length === 0 && minScore > 0 && passwordScore(password, words) < minScore)
    found.push('is too easy to guess');
  return found;
}

/** @throws TypeError naming option, value and fix. */
export function completePasswordPolicy(policy: PasswordPolicy, option: string): Required<PasswordPolicy> {
  checkKeys(option, policy, ['minLength', 'maxLength', 'classes', 'minScore']);
  const { minLength = 12, maxLength = 128, classes = 4, minScore = 3 } = policy;
  checkWithin(`${option}.minLength`, minLength, 1, 1_024);
  checkWithin(`${option}.maxLength`, maxLength, minLength, 1_024);
  checkWithin(`${option}.classes`, classes, 0, 4);
  checkWithin(`${option}.minScore`, minScore, 0, 4);
  return Object.freeze({ minLength, maxLength, classes, minScore });
}

function checkWithin(option: string, value: unknown, least: number, most: number): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw optionError(option, value, 'is out of range', `Use a whole number from ${least} to ${most}.`);
}

/** An address stands for itself and for the part before the `@`. */
function wordsOf(text: string): string[] {
  const lower = text.slice(0, 320).toLowerCase();
  const at = lower.indexOf('@');
  return (at === -1 ? [lower] : [lower, lower.slice(0, at)]).filter((word) => word.length >= SHORTEST_PERSONAL);
}
