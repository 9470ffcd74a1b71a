/** What lets somebody in who has lost their phone? Ten codes on paper, each good once. */

import { createHash, randomBytes } from 'node:crypto';

export const RECOVERY_CODES = 10;

/** Crockford's base32: no letter that can be read as another. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** 24 letters of 5 bits: over the 112 bits from which a plain digest is enough to keep them by (ASVS 6.5.2). */
const LETTERS = 24;
const GROUP = 4;

/** `k3f7-9xq2-…`, as they are shown to their owner once. */
export function createRecoveryCodes(): readonly string[] {
  return Object.freeze(Array.from({ length: RECOVERY_CODES }, createCode));
}

/** Is it the shape of one? In any case, with or without dashes and spaces. */
export function isRecoveryCode(code: string): boolean {
  return code.length <= 2 * LETTERS && plain(code) !== undefined;
}

/** What is kept of a code: bound to its owner, so that equal codes of two people would not show. */
export function recoveryDigest(userId: string, code: string): string {
  return createHash('sha256')
    .update(`${userId}\0${plain(code) ?? ''}`)
    .digest('base64url');
}

function createCode(): string {
  const letters = [...randomBytes(LETTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]!).join('');
  return letters.match(new RegExp(`.{${GROUP}}`, 'g'))!.join('-');
}

/** The code as it was made, whatever people made of it on paper. */
function plain(code: string): string | undefined {
  const letters = code.toLowerCase().replaceAll(/[-\s]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  return letters.length === LETTERS && [...letters].every((letter) => ALPHABET.includes(letter)) ? letters : undefined;
}
