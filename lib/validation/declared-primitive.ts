/** Reads a parameter that a handler declares as `number`, `boolean` or `string`. Nothing is guessed. */

import type { InputSource } from './input-place.js';

export type PrimitiveType = typeof Number | typeof Boolean | typeof String;

export type ReadPrimitive = { readonly value: unknown } | { readonly detail: string };

/** Decimal digits and nothing else: no exponent, no hexadecimal, no spaces, no plus, no leading zeros. */
const DECIMAL = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,15})?$/;

export function isPrimitiveType(type: unknown): type is PrimitiveType {
  return type === Number || type === Boolean || type === String;
}

/**
 * Text from a path or query becomes the declared type or is refused; a JSON value must be of that type already.
 * Absent values pass: whether a parameter is optional is not written anywhere that can be read at run time.
 */
export function readPrimitive(value: unknown, type: PrimitiveType, source: InputSource): ReadPrimitive {
  if (value === undefined || value === null) return { value };
  switch (type) {
    case Number: {
      const number = source === 'body' ? value : numberFrom(value);
      return typeof number === 'number' && Number.isFinite(number) ? { value: number } : { detail: 'must be a number' };
    }
    case Boolean: {
      const boolean = source === 'body' ? value : booleanFrom(value);
      return typeof boolean === 'boolean' ? { value: boolean } : { detail: 'must be true or false' };
    }
    default:
      // A repeated query parameter arrives as a list: code that expects text would misread it.
      return typeof value === 'string' ? { value } : { detail: 'must be a string' };
  }
}

/** The number that a decimal text means exactly, or undefined. Whole numbers beyond 2^53 would be rounded: refused. */
export function numberFrom(text: unknown): number | undefined {
  if (typeof text !== 'string' || !DECIMAL.test(text)) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) return undefined;
  return number === 0 ? 0 : number;
}

function booleanFrom(text: unknown): boolean | undefined {
  if (text === 'true') return true;
  return text === 'false' ? false : undefined;
}
