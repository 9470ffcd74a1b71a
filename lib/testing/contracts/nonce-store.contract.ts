/** What a store of nonces must do for a signed request to be good once, beside what every spent store does. */

import { equal, rejects } from 'node:assert/strict';
import type { SpentStore } from '../../core/spent.store.js';
import { signRequest } from '../../authentication/signature/sign-request.js';
import { verifyRequestSignature } from '../../authentication/signature/verify-request.js';
import { spentStoreContract } from './spent-store.contract.js';
import type { MakeStore, TestFramework } from '../test-framework.js';

const NOW = 1_767_225_600_000;
const SECRET = 'a-secret-of-more-than-32-bytes-for-tests-only';
const REQUEST = { method: 'POST', url: 'https://api.example.com/hooks', body: '{}' };

/** @param makeStore A store that remembers nothing, asked for anew by every test. */
export function nonceStoreContract(framework: TestFramework, name: string, makeStore: MakeStore<SpentStore>): void {
  const { describe, it } = framework;
  spentStoreContract(framework, `${name}, of nonces`, makeStore);

  for (const profile of ['hmac', 'rfc9421'] as const)
    describe(`nonces of the profile ${profile} in the store: ${name}`, () => {
      const signing = { key: SECRET, keyId: 'shop', profile, created: NOW / 1000 };

      it('let one of many copies through', async () => {
        const nonces = await makeStore();
        const headers = signRequest(REQUEST, signing);
        const options = { keys: [{ id: 'shop', secret: SECRET }], now: NOW, nonces };
        const tries = Array.from({ length: 50 }, () => verifyRequestSignature({ ...REQUEST, headers }, options));
        const verdicts = await Promise.allSettled(tries);
        equal(verdicts.filter(({ status }) => status === 'fulfilled').length, 1);
      });

      it('are kept for as long as the message could be sent again', async () => {
        const nonces = await makeStore();
        const headers = signRequest(REQUEST, signing);
        const at = (now: number) =>
          verifyRequestSignature({ ...REQUEST, headers }, { keys: [{ id: 'shop', secret: SECRET }], now, nonces });
        await at(NOW - 300_000);
        await rejects(at(NOW), { reason: 'signature_replayed' });
        await rejects(at(NOW + 300_000), { reason: 'signature_replayed' });
        await rejects(at(NOW + 300_001), { reason: 'signature_too_old' });
      });
    });
}
