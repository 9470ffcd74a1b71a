/** Is each case seen to find something? By a hole that expects it, or by a test that names it beside what is broken. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALL_CASES } from '../../../lib/testing/attack/case-list.js';
import { HOLES } from '../../../vulnerable-app/hole-list.js';

const FOLDER = new URL('./', import.meta.url);

describe('every case', () => {
  it('has a hole that expects it, or a test that finds it broken', () => {
    const expected = new Set(HOLES.map(({ expects }) => expects));
    const tests = readdirSync(FOLDER)
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => readFileSync(new URL(file, FOLDER), 'utf8'))
      .filter((text) => /broken/.test(text))
      .join('\n');
    const ids = new Set(ALL_CASES.map(({ id }) => id));
    expect(
      [...ids].filter((id) => !expected.has(id) && !tests.includes(`'${id}'`) && !tests.includes(` ${id}'`)),
    ).toEqual([]);
  });
});
