/** Whoever sends a proof picks its key: how much may it cost to check? */

import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { createTokenVerifier, SecurityError } from '../../lib/index.js';
import { importProofKey } from '../../lib/authentication/dpop/proof-header.js';

/** Keys of this size are slow to make: the modulus only has to be long, for nothing is signed with it. */
const rsa = (bytes: number, e = 'AQAB') => ({ kty: 'RSA', n: Buffer.alloc(bytes, 0xc5).toString('base64url'), e });
const reasonOf = (jwk: object): unknown => {
  try {
    return importProofKey({ alg: 'RS256', jwk: jwk as never }).keyObject.type;
  } catch (error) {
    return error instanceof SecurityError ? error.reason : error;
  }
};

it('an RSA key of 4096 bits is taken, one of 4104 is not', () => {
  expect(reasonOf(rsa(512))).toBe('public');
  expect(reasonOf(rsa(513))).toBe('proof_key_too_large');
});

it('an exponent of more than 32 bits is refused, in proofs and in keys of the app', () => {
  const large = rsa(256, Buffer.from('0100000001', 'hex').toString('base64url'));
  expect(reasonOf(rsa(256))).toBe('public');
  expect(reasonOf(large)).toBe('proof_key_unusable');
  expect(() => createTokenVerifier({ publicKey: large as never })).toThrow(
    'is an RSA key with the exponent 4294967297',
  );
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  expect(createTokenVerifier({ publicKey })).toEqual({ verify: expect.any(Function) });
});
