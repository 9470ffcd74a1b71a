/** Is a password among those that leaked? Asks by a prefix that says next to nothing (k-anonymity). */

import { createHash } from 'node:crypto';
import type { BreachedPasswords } from './password.options.js';

const PREFIX_LETTERS = 5;

export async function isBreached(password: string, breached: BreachedPasswords): Promise<boolean> {
  // SHA-1 because that is what the lists are made of. It protects nothing here.
  const digest = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
  const suffix = digest.slice(PREFIX_LETTERS);
  const suffixes = await breached(digest.slice(0, PREFIX_LETTERS));
  return suffixes.some((line) => {
    const [text = '', count] = line.trim().split(':');
    // A count of 0 is padding, which keeps the length of the answer from telling the prefix.
    return text.toUpperCase() === suffix && count?.trim() !== '0';
  });
}
