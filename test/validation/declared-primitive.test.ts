/** Numbers and booleans are read strictly: what only resembles one is refused. */

import { describe, expect, it } from 'vitest';
import { readPrimitive } from '../../lib/validation/declared-primitive.js';

describe('a declared number', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['42', 42],
    ['-7', -7],
    ['2.50', 2.5],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('reads %j from the path', (text, number) => {
    expect(readPrimitive(text, Number, 'param')).toEqual({ value: number });
  });

  it.each([
    '',
    ' ',
    '1 ',
    '+1',
    '01',
    '1e3',
    '0x10',
    '0b1',
    '1_000',
    '.5',
    '5.',
    'NaN',
    'Infinity',
    '9007199254740993',
    '١',
  ])('refuses %j', (text) => {
    expect(readPrimitive(text, Number, 'param')).toEqual({ detail: 'must be a number' });
  });

  it('takes numbers only from JSON, and no text', () => {
    expect(readPrimitive(3, Number, 'body')).toEqual({ value: 3 });
    expect(readPrimitive('3', Number, 'body')).toEqual({ detail: 'must be a number' });
  });
});

describe('a declared boolean', () => {
  it('reads true and false', () => {
    expect(readPrimitive('true', Boolean, 'query')).toEqual({ value: true });
    expect(readPrimitive('false', Boolean, 'query')).toEqual({ value: false });
  });

  it.each(['', '1', '0', 'TRUE', 'yes', 'on', ['true']])('refuses %j', (value) => {
    expect(readPrimitive(value, Boolean, 'query')).toEqual({ detail: 'must be true or false' });
  });
});

describe('a declared string', () => {
  it('is handed on untouched', () => {
    expect(readPrimitive(' 01 ', String, 'query')).toEqual({ value: ' 01 ' });
  });

  it('refuses the list that a repeated parameter makes', () => {
    expect(readPrimitive(['a', 'b'], String, 'query')).toEqual({ detail: 'must be a string' });
  });
});

it('lets absent values pass: optional or not, the type does not say', () => {
  expect(readPrimitive(undefined, Number, 'query')).toEqual({ value: undefined });
});
