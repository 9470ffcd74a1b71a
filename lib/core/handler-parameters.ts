/** What does a handler take as its parameters? Read from what `@Body()`, `@Query()` and their like noted, at boot. */

import type { AnnotatedPlace } from './route.js';

// Nest's and TypeScript's own metadata keys and numbers. Part of their contract, but exported for internal use only.
const ARGUMENTS = '__routeArguments__';
const PARAMETER_TYPES = 'design:paramtypes';
const SOURCES = {
  1: 'response',
  2: 'next',
  3: 'body',
  4: 'query',
  5: 'param',
  6: 'headers',
  8: 'file',
  9: 'file',
} as const;

export type ParameterSource = (typeof SOURCES)[keyof typeof SOURCES];

export interface HandlerParameter {
  readonly source: ParameterSource;
  /** The one value that is read: `@Query('page')`. Undefined: all of it. */
  readonly name: string | undefined;
  /** As the compiler noted it: a class, `Object` for what has no shape at run time. */
  readonly type: unknown;
  readonly schema: unknown;
  /** Pipes of this parameter alone. */
  readonly pipes: readonly unknown[];
}

interface ArgumentNote {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
  readonly schema?: unknown;
}

/** Of a handler, in no order. What it takes from elsewhere, such as `@Ip()` and decorators of the app's own, is left out. */
export function parametersOf({
  class: type,
  name: method,
}: Pick<AnnotatedPlace, 'class' | 'name'>): HandlerParameter[] {
  const notes = (Reflect.getMetadata(ARGUMENTS, type, method) ?? {}) as Record<string, ArgumentNote>;
  const types = (Reflect.getMetadata(PARAMETER_TYPES, type.prototype as object, method) ?? []) as unknown[];
  const found: HandlerParameter[] = [];
  for (const [key, { index, data, pipes = [], schema }] of Object.entries(notes)) {
    const source = (SOURCES as Readonly<Record<string, ParameterSource>>)[key.slice(0, key.indexOf(':'))];
    if (source === undefined) continue;
    found.push({ source, name: typeof data === 'string' ? data : undefined, type: types[index], schema, pipes });
  }
  return found;
}
