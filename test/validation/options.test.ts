/** A wrong option stops the boot and says how to mend it. */

import { describe, expect, it } from 'vitest';
import { SecurityModule } from '../../lib/index.js';

const boot = (validation: unknown): unknown => SecurityModule.forRoot({ validation } as never);

describe('the options of validation', () => {
  it.each<[string, unknown, string]>([
    [
      'a misspelled name',
      { maxDeph: 5 },
      'security.validation.maxDeph: unknown option. Did you mean `security.validation.maxDepth`?',
    ],
    ['no depth', { maxDepth: 0 }, 'security.validation.maxDepth: 0 is not a positive whole number.'],
    ['half a key', { maxKeys: 1.5 }, 'security.validation.maxKeys: 1.5 is not a positive whole number.'],
    ['an endless list', { maxArrayLength: Infinity }, 'security.validation.maxArrayLength: Infinity is not'],
  ])('refuse %s', (_what, options, message) => {
    expect(() => boot(options)).toThrow(TypeError);
    expect(() => boot(options)).toThrow(message);
  });
});
