import { describe, expect, it } from 'vitest';
import { resolveApiKeysOptions } from '../../lib/authentication/api-key/api-keys.options.js';
import { MemoryApiKeyStore } from '../../lib/index.js';

const PEPPER = 'wq7Zr2Kf9s0LxT4vYb1NcE6hGj8MdPaU3oRiQkXyB5t=';
const resolve = (options?: object, variables = {}) => resolveApiKeysOptions(options, { production: true, variables });

describe('the options of API keys', () => {
  it('have defaults', () => {
    expect(resolve()).toEqual({
      pepper: undefined,
      expiresInDays: 365,
      maxPerOwner: 100,
      rememberMs: 5_000,
      header: 'x-api-key',
      store: undefined,
    });
  });

  it('take the pepper from the environment, and the option before it', () => {
    const variables = { BULWARK_API_KEY_PEPPER: PEPPER };
    expect(resolve({}, variables).pepper).toBe(PEPPER);
    expect(resolve({ pepper: `${PEPPER}2` }, variables).pepper).toBe(`${PEPPER}2`);
    expect(resolve({}, { BULWARK_API_KEY_PEPPER: '' }).pepper).toBeUndefined();
  });

  it.each([
    [{ peper: PEPPER }, 'security.apiKeys.peper: unknown option. Did you mean `security.apiKeys.pepper`?'],
    [{ pepper: 'short' }, 'security.apiKeys.pepper: the secret has less than 32 bytes.'],
    [{ pepper: 'secret'.repeat(8) }, 'security.apiKeys.pepper: the secret repeats a few characters'],
    [{ pepper: 7 }, 'security.apiKeys.pepper: is not a string.'],
    [{ expiresInDays: 0 }, 'security.apiKeys.expiresInDays: 0 is not a positive whole number.'],
    [{ expiresInDays: 4000 }, 'security.apiKeys.expiresInDays: 4000 is over ten years.'],
    [{ maxPerOwner: 1.5 }, 'security.apiKeys.maxPerOwner: 1.5 is not a positive whole number.'],
    [{ rememberMs: 5001 }, 'security.apiKeys.rememberMs: 5001 is not a number from 0 to 5000.'],
    [{ rememberMs: NaN }, 'security.apiKeys.rememberMs: NaN is not a number from 0 to 5000.'],
    [{ store: new Map() }, 'security.apiKeys.store: an object has no add().'],
  ])('refuse %j', (options, message) => {
    expect(() => resolve(options)).toThrow(message);
  });

  it('show no part of a pepper that is refused', () => {
    expect(() => resolve({ pepper: 'too-short-a-pepper' })).not.toThrow(/too-short/);
  });

  it('take a store', () => {
    const store = new MemoryApiKeyStore();
    expect(resolve({ store }).store).toBe(store);
    expect(() => new MemoryApiKeyStore({ maxKeys: 0 })).toThrow('MemoryApiKeyStore.maxKeys: 0');
  });
});
