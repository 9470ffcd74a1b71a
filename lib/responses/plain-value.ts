/** What does a single value look like in JSON? Scalars, dates, and lists, sets and maps of whatever is asked for. */

import { dateText } from './date-text.js';
import { PROTOTYPE_KEYS } from './declared-fields.js';
import type { Viewer } from './viewer.js';

export type Plain = Record<string, unknown>;
export type Collection = readonly unknown[] | ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>;

/**
 * Text, numbers, booleans and null as they are, big integers as text, dates in ISO 8601.
 * Undefined for everything else: functions, symbols, other objects.
 */
export function scalarOf(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    default:
      if (value === null) return null;
      return value instanceof Date ? dateText(value) : undefined;
  }
}

export function convert(value: unknown, to: (value: unknown) => unknown): unknown {
  if (value === undefined || value === null) return value;
  return Array.isArray(value) ? value.map((item) => convert(item, to)) : to(value);
}

/** An object's own word on how it looks in JSON: a decimal or an object id as text. Itself where it has none. */
export function jsonForm(value: object): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON as () => unknown).call(value) : value;
}

export function isCollection(value: object): value is Collection {
  return Array.isArray(value) || value instanceof Set || value instanceof Map;
}

export function sizeOf(value: Collection): number {
  return 'size' in value ? value.size : value.length;
}

/** Lists and sets become lists, maps become objects. What may not leave is left out, and so is what contains itself. */
export function collect(
  value: Collection,
  viewer: Viewer,
  copyOf: (item: unknown) => unknown,
): unknown[] | Plain | undefined {
  if (!viewer.enter(value)) return undefined;
  const copy = value instanceof Map ? collectMap(value, copyOf) : collectList(value as Iterable<unknown>, copyOf);
  viewer.leave();
  return copy;
}

export function collectList(items: Iterable<unknown>, copyOf: (item: unknown) => unknown): unknown[] {
  const copies: unknown[] = [];
  for (const item of items) {
    const copy = copyOf(item);
    if (copy !== undefined) copies.push(copy);
  }
  return copies;
}

export function collectMap(map: ReadonlyMap<unknown, unknown>, copyOf: (item: unknown) => unknown): Plain {
  const copies: Plain = {};
  for (const [key, item] of map) {
    const name = String(key);
    if (PROTOTYPE_KEYS.has(name)) continue;
    const copy = copyOf(item);
    if (copy !== undefined) copies[name] = copy;
  }
  return copies;
}
