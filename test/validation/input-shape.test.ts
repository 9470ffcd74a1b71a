/** Sizes, depths and keys, whatever a route declares. */

import { describe, expect, it } from 'vitest';
import { shapeFault } from '../../lib/validation/input-shape.js';

const LIMITS = { maxDepth: 3, maxKeys: 3, maxArrayLength: 3 };

describe('the shape of input', () => {
  it.each<[string, unknown]>([
    ['primitives', 'text'],
    ['nothing', undefined],
    ['null', null],
    ['as many levels as allowed', { a: { b: { c: 1 } } }],
    ['as many keys as allowed', { a: 1, b: 2, c: 3 }],
    ['as many entries as allowed', [1, 2, 3]],
    ['objects without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['keys that only look like prototype keys', { proto: 1, __proto: 2, constructors: 3 }],
    [
      'things that no parser makes, unread',
      {
        file: new (class File {
          deep = { er: { and: { deeper: 1 } } };
        })(),
      },
    ],
  ])('lets %s pass', (_what, value) => {
    expect(shapeFault(value, LIMITS)).toBeUndefined();
  });

  it.each<[string, unknown, string[]]>([
    ['a level too many', { a: { b: { c: {} } } }, ['a', 'b', 'c']],
    ['a list nested too deep', [[[[]]]], ['0', '0', '0']],
    ['a key too many', { x: { a: 1, b: 2, c: 3, d: 4 } }, ['x']],
    ['an entry too many', { list: [1, 2, 3, 4] }, ['list']],
    ['__proto__', JSON.parse('{"a":[{"__proto__":1}]}'), ['a', '0', '__proto__']],
    ['constructor', { constructor: { prototype: 1 } }, ['constructor']],
    ['prototype', { a: { prototype: null } }, ['a', 'prototype']],
  ])('refuses %s, and says where', (_what, value, path) => {
    expect(shapeFault(value, LIMITS)?.path.map(String)).toEqual(path);
  });

  it('survives nesting that would overflow the stack of a recursive walk', () => {
    let value: unknown = 1;
    for (let level = 0; level < 100_000; level++) value = [value];
    expect(shapeFault(value, LIMITS)).toEqual({ detail: 'must not nest deeper than 3 levels', path: [0, 0, 0] });
  });
});
