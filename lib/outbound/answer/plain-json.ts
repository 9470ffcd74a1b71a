/** Is this JSON, and is it plain? Reads what somebody else wrote, and drops the keys that reach a prototype. */

export type PlainData = null | boolean | number | string | readonly PlainData[] | { readonly [key: string]: PlainData };

/** Deeper ones say nothing and cost stacks: of ours, of validators, of whoever walks them. */
const MAX_DEPTH = 32;

/** Objects and lists in one answer. Each costs a validator far more time than it costs bytes to send. */
const MAX_CONTAINERS = 20_000;

/** Keys of one object, and of all. Whoever copies or checks an object compares its keys with each other: time grows by the square. */
const MAX_KEYS_OF_ONE = 1_000;
const MAX_KEYS = 50_000;

interface Budget {
  containers: number;
  keys: number;
}

/** The text is no JSON, nests too deep, or holds too much. Never quotes it. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
}

/** @throws JsonFault */
export function readPlainJson(text: string): PlainData {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new JsonFault('is no JSON');
  }
  return plain(value, 0, { containers: MAX_CONTAINERS, keys: MAX_KEYS });
}

/**
 * `JSON.parse` makes an own key of `__proto__`, and a careless merge further on makes a prototype of it. With it go the
 * other two by which a prototype is reached. Written in place: the value is nobody else's yet.
 */
function plain(value: unknown, depth: number, budget: Budget): PlainData {
  if (typeof value !== 'object' || value === null) return value as PlainData;
  if (depth >= MAX_DEPTH) throw new JsonFault('nests too deep');
  if (budget.containers-- === 0) throw new JsonFault(`holds more than ${MAX_CONTAINERS} objects and lists`);
  if (Array.isArray(value)) {
    for (const entry of value) plain(entry, depth + 1, budget);
    return value as PlainData;
  }
  const record = value as Record<string, unknown>;
  const keys = Object.keys(record);
  budget.keys -= keys.length;
  if (keys.length > MAX_KEYS_OF_ONE || budget.keys < 0) throw new JsonFault('holds too many keys');
  for (const key of keys) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') delete record[key];
    else plain(record[key], depth + 1, budget);
  }
  return record as PlainData;
}
