/** How is any text kept, also what Postgres has no room for? */

import { createHash } from 'node:crypto';

/** Stands before four hex digits: a UTF-16 code unit that is not kept as it is. */
const MARK = '␛';

/**
 * NUL, which no Postgres text may hold, and halves of characters, which have no UTF-8. Other control characters too: what
 * reads a table in a terminal must not be steered by what is in it. And the mark itself.
 */
const KEPT_OTHERWISE = /[\p{Cc}\p{Cs}␛]/gu;
const KEPT_SO = /␛([0-9a-f]{4})/g;

/** A btree takes no more than 2704 bytes. */
const LONGEST_KEY_BYTES = 1024;

/** No two texts become one, and `originalText` gives back each. Nearly every text is kept as it is. */
export function storableText(text: string): string {
  return text.replace(KEPT_OTHERWISE, (unit) => MARK + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

export function originalText(stored: string): string {
  if (!stored.includes(MARK)) return stored;
  return stored.replace(KEPT_SO, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** What a row is found by: the text, or the digest of one that is too long for an index. */
export function storableKey(text: string): string {
  const stored = storableText(text);
  if (stored.length * 3 <= LONGEST_KEY_BYTES || Buffer.byteLength(stored) <= LONGEST_KEY_BYTES) return stored;
  return `${MARK}#${createHash('sha256').update(stored).digest('base64url')}`;
}
