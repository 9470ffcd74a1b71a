/** Is a value small, flat and plain enough to be looked at at all? Asked before any schema sees it. */

import type { InputKey } from './input-place.js';

export interface ShapeLimits {
  readonly maxDepth: number;
  readonly maxKeys: number;
  readonly maxArrayLength: number;
}

export interface ShapeFault {
  readonly detail: string;
  readonly path: readonly InputKey[];
}

/** The first fault of a value, or undefined where it is fit to be validated. */
export function shapeFault(value: unknown, limits: ShapeLimits): ShapeFault | undefined {
  return typeof value === 'object' && value !== null ? faultWithin(value, limits, 1) : undefined;
}

/**
 * Keys that reach the prototype of whatever a merge, a clone or a query builder copies them onto, and those that every
 * object has, `hasOwnProperty` among them, which validators and handlers call in good faith. JSON.parse makes them plain
 * own keys, and so does `node:querystring`: that is how they get this far.
 */
export function isPrototypeKey(key: string): boolean {
  return key === 'prototype' || key in Object.prototype;
}

function faultWithin(value: object, limits: ShapeLimits, depth: number): ShapeFault | undefined {
  if (Array.isArray(value)) {
    if (depth > limits.maxDepth) return tooDeep(limits);
    if (value.length > limits.maxArrayLength) {
      return { detail: `must have at most ${limits.maxArrayLength} entries`, path: [] };
    }
    for (let index = 0; index < value.length; index++) {
      const fault = faultBelow(value[index], index, limits, depth);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (!isData(value)) return undefined;
  if (depth > limits.maxDepth) return tooDeep(limits);
  const keys = Object.keys(value);
  if (keys.length > limits.maxKeys) return { detail: `must have at most ${limits.maxKeys} keys`, path: [] };
  for (const key of keys) {
    if (isPrototypeKey(key)) return { detail: 'is a key that is never accepted', path: [key] };
    const fault = faultBelow((value as Record<string, unknown>)[key], key, limits, depth);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * Only what a parser built is walked: uploaded files and buffers are the business of the route that takes them. Parsers
 * make plain objects, objects without a prototype, and (Fastify's, of queries) ones with an empty prototype.
 */
function isData(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  return prototype === null || prototype.constructor === undefined || prototype.constructor === Object;
}

function faultBelow(value: unknown, key: InputKey, limits: ShapeLimits, depth: number): ShapeFault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fault = faultWithin(value, limits, depth + 1);
  return fault && { detail: fault.detail, path: [key, ...fault.path] };
}

function tooDeep({ maxDepth }: ShapeLimits): ShapeFault {
  return { detail: `must not nest deeper than ${maxDepth} levels`, path: [] };
}
