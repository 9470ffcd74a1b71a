/** What leaves of a value whose class nobody declared? Three degrees of strictness; a class's own policy holds in each. */

import type { Type } from '@nestjs/common';
import { PROTOTYPE_KEYS } from './declared-fields.js';
import { hasOwnPolicy } from './field-policy.js';
import { collect, isCollection, jsonForm, scalarOf, sizeOf, type Plain } from './plain-value.js';
import type { Viewer } from './viewer.js';

/** Copies an instance by the policy of its own class. */
export type ByOwnPolicy = (value: object, type: Type, viewer: Viewer) => Plain | undefined;

/** In a declared field: scalars and lists of them pass, objects only by the policy of their own class. */
export function scalarsOf(value: unknown, viewer: Viewer, byOwnPolicy: ByOwnPolicy): unknown {
  const scalar = scalarOf(value);
  if (scalar !== undefined || typeof value !== 'object' || value === null) return scalar;
  // The keys of a map may be fields that nobody declared.
  if (value instanceof Map) return undefined;
  if (isCollection(value)) {
    const copy = collect(value, viewer, (item) => scalarsOf(item, viewer, byOwnPolicy));
    // A list of which nothing may leave does not leave, not even as an empty one.
    return Array.isArray(copy) && copy.length === 0 && sizeOf(value) > 0 ? undefined : copy;
  }
  const type = typeWithPolicy(value);
  return type === undefined ? scalarOf(jsonForm(value)) : byOwnPolicy(value, type, viewer);
}

/** Where any shape was allowed on purpose: plain data passes. */
export function openCopy(value: unknown, viewer: Viewer, byOwnPolicy: ByOwnPolicy): unknown {
  const scalar = scalarOf(value);
  if (scalar !== undefined || typeof value !== 'object' || value === null) return scalar;
  if (isCollection(value)) return collect(value, viewer, (item) => openCopy(item, viewer, byOwnPolicy));
  const type = typeWithPolicy(value);
  if (type !== undefined) return byOwnPolicy(value, type, viewer);
  // What hangs on an error is for us alone: statements, paths, whole requests.
  if (value instanceof Error || !viewer.enter(value)) return undefined;
  const form = jsonForm(value);
  const copy = form === value ? openFields(value as Plain, viewer, byOwnPolicy) : openCopy(form, viewer, byOwnPolicy);
  viewer.leave();
  return copy;
}

/** Where no shape was declared at all: other objects leave empty. */
export function policedCopy(value: unknown, viewer: Viewer, byOwnPolicy: ByOwnPolicy): unknown {
  const scalar = scalarOf(value);
  if (scalar !== undefined || typeof value !== 'object' || value === null) return scalar;
  if (isCollection(value) && !(value instanceof Map)) {
    return collect(value, viewer, (item) => policedCopy(item, viewer, byOwnPolicy));
  }
  const type = typeWithPolicy(value);
  return type === undefined ? {} : byOwnPolicy(value, type, viewer);
}

function openFields(source: Plain, viewer: Viewer, byOwnPolicy: ByOwnPolicy): Plain {
  const copy: Plain = {};
  for (const key of Object.keys(source)) {
    if (PROTOTYPE_KEYS.has(key)) continue;
    const plain = openCopy(source[key], viewer, byOwnPolicy);
    if (plain !== undefined) copy[key] = plain;
  }
  return copy;
}

/** The class of an instance, if it says itself what may leave. An own key named `constructor` deceives nobody. */
function typeWithPolicy(value: object): Type | undefined {
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  if (prototype === null || prototype === Object.prototype) return undefined;
  const type = prototype.constructor;
  return typeof type === 'function' && hasOwnPolicy(type as Type) ? (type as Type) : undefined;
}
