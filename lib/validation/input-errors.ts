/** Turns what validators say into what a client may read: where, and what is wrong, never the value. */

import type { ValidationError } from 'class-validator';
import type { InputError } from '../core/errors.js';
import { pointerTo, type InputKey, type InputSource } from './input-place.js';

/** A mistake as a Standard Schema validator reports it. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Enough for a form; an answer must not grow with the input. */
export const MAX_ERRORS = 50;

const NOT_ACCEPTED = 'is not accepted';

const UNKNOWN_FIELD = 'whitelistValidation';

/** class-validator's own constraint names, for the cases that we word ourselves: its texts repeat the client's keys. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  [UNKNOWN_FIELD]: 'is not a known field',
  unknownValue: NOT_ACCEPTED,
};

export function errorsOfClassValidator(
  errors: readonly ValidationError[],
  source: InputSource,
  root: readonly InputKey[],
): InputError[] {
  const found: InputError[] = [];
  collect(errors, root);
  return found;

  function collect(level: readonly ValidationError[], path: readonly InputKey[]): void {
    for (const error of level) {
      if (found.length >= MAX_ERRORS) return;
      const here = error.property === undefined ? path : [...path, error.property];
      for (const [name, message] of Object.entries(error.constraints ?? {})) {
        if (found.length >= MAX_ERRORS) return;
        // A field that the class declares without a rule exists on every instance. Unset, it was not sent either.
        if (name === UNKNOWN_FIELD && error.value === undefined) continue;
        const detail = OWN_WORDS[name] ?? withoutValue(message, error.value);
        found.push({ detail, pointer: pointerTo(source, here) });
      }
      if (error.children !== undefined) collect(error.children, here);
    }
  }
}

export function errorsOfSchema(
  issues: readonly SchemaIssue[],
  input: unknown,
  source: InputSource,
  root: readonly InputKey[],
): InputError[] {
  return issues.slice(0, MAX_ERRORS).map(({ message, path = [] }) => {
    const keys = path.map((segment) => {
      const key = typeof segment === 'object' ? segment.key : segment;
      return typeof key === 'symbol' ? String(key) : key;
    });
    return { detail: withoutValue(message, valueAt(input, keys)), pointer: pointerTo(source, [...root, ...keys]) };
  });
}

/** Some validators quote the value (`received "hunter2"`), and so may a message of the app's own. Those say less here. */
function withoutValue(message: string, value: unknown): string {
  return quotes(message, value, 3) ? NOT_ACCEPTED : message;
}

function quotes(message: string, value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      // One or two letters prove nothing: they are part of any sentence.
      return value.length > 2 && message.includes(value);
    case 'number':
    case 'bigint': {
      const digits = String(value);
      return digits.length > 2 && message.includes(digits);
    }
    case 'object':
      if (value === null || depth === 0) return false;
      return Object.values(value)
        .slice(0, MAX_ERRORS)
        .some((inner) => quotes(message, inner, depth - 1));
    default:
      return false;
  }
}

function valueAt(input: unknown, path: readonly InputKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<InputKey, unknown>)[key];
  }
  return value;
}
