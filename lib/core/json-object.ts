/** Is this text one JSON object, and can it mean one thing only, to whoever reads it? */

export type JsonObject = Readonly<Record<string, unknown>>;

export type JsonFault = 'too_deep' | 'not_json' | 'not_an_object' | 'duplicate_member';

const MAX_DEPTH = 16;

/**
 * The object, deeply frozen; or what is wrong with the text: nesting over 16, or a member name that occurs twice, where the last one
 * would win here and the first one elsewhere (RFC 8259 §4).
 */
export function readJsonObject(text: string): { readonly value: JsonObject } | { readonly fault: JsonFault } {
  const { members, depth } = measure(text);
  if (depth > MAX_DEPTH) return { fault: 'too_deep' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    return { fault: 'not_json' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { fault: 'not_an_object' };
  return freezeAndCount(value) === members ? { value: value as JsonObject } : { fault: 'duplicate_member' };
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
