/** Reads a JSON object that cannot mean two things to two readers. */

import { isUtf8 } from 'node:buffer';
import { refuseToken } from './token-refusal.js';

export type JsonObject = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 16;

/**
 * Decodes one part of a token into a deeply frozen object. Refuses bytes that are not UTF-8, text that is not one JSON object, nesting over 16, and
 * a member name that occurs twice (RFC 7519 §4 lets a verifier refuse those; the alternative is that the last one wins here
 * and the first one elsewhere).
 */
export function readStrictJson(part: 'header' | 'claims', encoded: string): JsonObject {
  const bytes = Buffer.from(encoded, 'base64url');
  if (!isUtf8(bytes)) throw refuseToken(`${part}_not_utf8`);
  const text = bytes.toString('utf8');
  const { members, depth } = measure(text);
  if (depth > MAX_DEPTH) throw refuseToken(`${part}_too_deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuseToken(`${part}_not_json`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuseToken(`${part}_not_an_object`);
  if (freezeAndCount(value) !== members) throw refuseToken(`${part}_duplicate_member`);
  return value as JsonObject;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Members as written and greatest depth. Right for valid JSON only, where a colon outside a string ends a member's name. */
function measure(text: string): { members: number; depth: number } {
  let members = 0;
  let depth = 0;
  let deepest = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index + 1);
        break;
      case COLON:
        members++;
        break;
      case 0x7b:
      case 0x5b:
        if (++depth > deepest) deepest = depth;
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        break;
    }
  }
  return { members, depth: deepest };
}

function endOfString(text: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index++;
    else if (code === QUOTE) return index;
  }
  return text.length;
}

/** Freezes all of it, and counts the members that survived parsing: of two with one name (however escaped) only the last did. */
function freezeAndCount(value: object): number {
  const inner: readonly unknown[] = Object.values(value);
  let count = Array.isArray(value) ? 0 : inner.length;
  for (const each of inner) if (typeof each === 'object' && each !== null) count += freezeAndCount(each);
  Object.freeze(value);
  return count;
}
