/** `createRequestVerifier()`: keys are read once, and mistakes are told then. */

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createRequestVerifier,
  MemorySpentStore,
  signRequest,
  verifyRequestSignature,
  type VerifyRequestOptions,
} from '../../lib/index.js';
import { NOW_S, SECRET } from './signed-app.js';

const KEYS = [{ id: 'shop', secret: SECRET }];
const REQUEST = { method: 'POST', url: 'https://api.example.com/hooks', body: '{}' };
const sign = (options = {}) => signRequest(REQUEST, { key: SECRET, keyId: 'shop', created: NOW_S, ...options });

describe('a verifier of requests', () => {
  it('tells who signed what, when and what for, and takes it once', async () => {
    const nonces = new MemorySpentStore();
    const verifier = createRequestVerifier({ keys: KEYS, now: () => NOW_S * 1000, nonces });
    const headers = sign({ tag: 'hooks' });
    expect(await verifier.verify({ ...REQUEST, headers })).toEqual({
      keyId: 'shop',
      components: ['@method', '@target-uri', 'content-digest'],
      created: NOW_S,
      tag: 'hooks',
    });
    await expect(verifier.verify({ ...REQUEST, headers })).rejects.toMatchObject({ reason: 'signature_replayed' });
    await expect(verifier.verify({ ...REQUEST, headers: sign(), body: '[]' })).rejects.toMatchObject({
      code: 'invalid_token',
      reason: 'content_digest_mismatch',
    });
  });

  it('tells the store whose message it was', async () => {
    const owners: unknown[] = [];
    const nonces = { spend: (...spent: unknown[]) => owners.push(spent[3]) > 0 };
    const verifier = createRequestVerifier({ keys: KEYS, now: NOW_S * 1000, nonces });
    for (const profile of ['hmac', 'rfc9421']) await verifier.verify({ ...REQUEST, headers: sign({ profile }) });
    expect(owners).toEqual(['shop', 'shop']);
  });

  it('reads its keys once', async () => {
    const keys = Array.from({ length: 50 }, (_, n) => {
      const { publicKey } = generateKeyPairSync('ed25519');
      return { id: `k${n}`, publicKey: publicKey.export({ format: 'pem', type: 'spki' }) as string };
    });
    let reads = 0;
    const counted = [...keys, ...KEYS].map((key) =>
      Object.defineProperty({ ...key }, 'id', { get: () => (reads++, key.id), enumerable: true }),
    );
    const verifier = createRequestVerifier({ keys: counted, now: NOW_S * 1000 });
    reads = 0;
    for (let n = 0; n < 5; n++) await verifier.verify({ ...REQUEST, headers: sign() });
    expect(reads).toBe(0);
    await verifyRequestSignature({ ...REQUEST, headers: sign() }, { keys: counted, now: NOW_S * 1000 });
    expect(reads).toBeGreaterThan(0);
  });

  it.each<[string, object, string]>([
    ['a key that is none', { keys: [{ id: 'a', secret: 'x' }] }, 'createRequestVerifier.keys[0].secret'],
    ['one secret for two', { keys: [...KEYS, { id: 'b', secret: SECRET }] }, 'the key "shop" has the same'],
    ['nothing required', { required: [] }, 'createRequestVerifier.required: an empty list'],
    ['no store', { nonces: 1 }, 'createRequestVerifier.nonces'],
    ['no time', { maxAgeMs: 0 }, 'createRequestVerifier.maxAgeMs'],
    ['a slip of the keyboard', { key: KEYS }, 'Did you mean `createRequestVerifier.keys`?'],
  ])('tells at once of %s', (_what, options, complaint) => {
    const all = { keys: KEYS, ...options } as VerifyRequestOptions;
    expect(() => createRequestVerifier(all)).toThrow(TypeError);
    expect(() => createRequestVerifier(all)).toThrow(complaint);
  });
});
