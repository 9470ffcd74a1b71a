/** What a store of nonces must do for a signed request to be good once, beside what every spent store does. */

import { describe, expect, it } from 'vitest';
import type { SpentStore } from '../../lib/core/spent.store.js';
import { signRequest, verifyRequestSignature } from '../../lib/index.js';
import { spentStoreContract } from './spent-store.contract.js';

const NOW = 1_767_225_600_000;
const SECRET = 'a-secret-of-more-than-32-bytes-for-tests-only';
const REQUEST = { method: 'POST', url: 'https://api.example.com/hooks', body: '{}' };

/** @param makeStore A store that remembers nothing, asked for anew by every test. */
export function nonceStoreContract(name: string, makeStore: () => SpentStore | Promise<SpentStore>): void {
  spentStoreContract(`${name}, of nonces`, makeStore);

  describe.each(['hmac', 'rfc9421'] as const)(`nonces of the profile %s in the store: ${name}`, (profile) => {
    const signing = { key: SECRET, keyId: 'shop', profile, created: NOW / 1000 };

    it('let one of many copies through', async () => {
      const nonces = await makeStore();
      const headers = signRequest(REQUEST, signing);
      const options = { keys: [{ id: 'shop', secret: SECRET }], now: NOW, nonces };
      const tries = Array.from({ length: 50 }, () => verifyRequestSignature({ ...REQUEST, headers }, options));
      const verdicts = await Promise.allSettled(tries);
      expect(verdicts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('are kept for as long as the message could be sent again', async () => {
      const nonces = await makeStore();
      const headers = signRequest(REQUEST, signing);
      const at = (now: number) =>
        verifyRequestSignature({ ...REQUEST, headers }, { keys: [{ id: 'shop', secret: SECRET }], now, nonces });
      await at(NOW - 300_000);
      await expect(at(NOW)).rejects.toMatchObject({ reason: 'signature_replayed' });
      await expect(at(NOW + 300_000)).rejects.toMatchObject({ reason: 'signature_replayed' });
      await expect(at(NOW + 300_001)).rejects.toMatchObject({ reason: 'signature_too_old' });
    });
  });
}
