/** Which guards did `@UseGuards()` put on a handler and its class, and do they ask who is calling? */

import type { Route } from './route.js';

/** Nest's own key. */
const GUARDS = '__guards__';

/** Those of the handler, then those of the class: classes, or instances where the app made them. */
export function guardsOf({ handler, class: type }: Pick<Route, 'handler' | 'class'>): readonly unknown[] {
  return [...guardsOn(handler), ...guardsOn(type)];
}

export function guardsOn(place: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS, place) ?? []) as readonly unknown[];
}

/** Does a guard of ours that asks for a caller stand right here? It says so by `static readonly authenticates = true`. */
export function authenticatesAt(place: object): boolean {
  return guardsOn(place).some(
    (guard) => (guard as { readonly authenticates?: unknown } | undefined)?.authenticates === true,
  );
}
