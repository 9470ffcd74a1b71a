/** Does a store answer what the contract says? Fields count, not how an object was made. */

import { deepStrictEqual } from 'node:assert/strict';

/** Equal in every field. One that is undefined is one that is not there. */
export function agree(actual: unknown, expected: unknown, message?: string): void {
  deepStrictEqual(plain(actual), plain(expected), message);
}

/** The same for the fields that are named; others may be there. */
export function agreeInPart(actual: unknown, expected: unknown, message?: string): void {
  deepStrictEqual(plain(partOf(actual, expected)), plain(expected), message);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value) || value instanceof Date || value instanceof Error) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}

function partOf(value: unknown, wanted: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(wanted)) {
    return value.map((entry: unknown, index) =>
      index < wanted.length ? partOf(entry, (wanted as readonly unknown[])[index]) : entry,
    );
  }
  if (!isObject(value) || !isObject(wanted)) return value;
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, partOf(value[name], wanted[name])]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
