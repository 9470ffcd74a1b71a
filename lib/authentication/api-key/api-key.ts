/** What does an API key look like, and what is known of it without asking anybody? */

import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * `bwk_<id>_<secret>_<checksum>`: a prefix that scanners find, 128 bits that name the key, 256 bits of secret, and a CRC32
 * over all of it, so that a typo is known for one without any look-up. All in letters and digits: one click selects it.
 */
const FORM = /^(bwk_([A-Za-z0-9]{22})_[A-Za-z0-9]{43})_([A-Za-z0-9]{6})$/;

/** Every key has this length. */
export const API_KEY_LENGTH = 77;

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = BigInt(LETTERS.length);

export interface ApiKeyText {
  /** No secret: it is in lists and logs. */
  readonly id: string;
  readonly text: string;
}

/** A fresh secret, under this id or a new one. */
export function newApiKey(id = base62(randomBytes(16), 22)): ApiKeyText {
  const body = `bwk_${id}_${base62(randomBytes(32), 43)}`;
  return { id, text: `${body}_${checksumOf(body)}` };
}

/** The id in a key, or why it is no key of ours. Nothing is proven yet. */
export function readApiKey(text: string): ApiKeyText | { readonly malformed: string } {
  if (text.length !== API_KEY_LENGTH) return { malformed: 'api_key_length' };
  const [, body, id, checksum] = FORM.exec(text) ?? [];
  if (body === undefined || id === undefined) return { malformed: 'api_key_form' };
  // No secret, and not compared like one: whoever knows the rest can compute it.
  return checksum === checksumOf(body) ? { id, text } : { malformed: 'api_key_checksum' };
}

function checksumOf(body: string): string {
  return padded(BigInt(crc32(body)), 6);
}

function base62(bytes: Uint8Array, length: number): string {
  return padded(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), length);
}

function padded(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= BASE) text = LETTERS[Number(rest % BASE)]! + text;
  return text.padStart(length, '0');
}
