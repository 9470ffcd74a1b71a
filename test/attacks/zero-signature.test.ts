/** The "psychic" signature: r and s of zero satisfied some ECDSA verifiers for every message (CVE-2022-21449). */

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ecdsa, encode, refusal, refusalOf, forge, GOOD_CLAIMS } from '../authentication/forge.js';
import { NARROW_CLAIMS, tokenGrounds } from './token-grounds.js';

/** Nobody refuses them before the signature. */
const CLAIMS = { ...GOOD_CLAIMS, ...NARROW_CLAIMS };

/** The orders of the groups: as bad as zero, since they are zero modulo themselves. */
const CURVES = [
  ['ES256', 'P-256', 32, 'sha256', 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'],
  [
    'ES384',
    'P-384',
    48,
    'sha384',
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ],
  [
    'ES512',
    'P-521',
    66,
    'sha512',
    '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
  ],
] as const;

describe.each(tokenGrounds())('with $name', ({ verifierOf }) => {
  describe.each(CURVES)('%s', (alg, namedCurve, size, hash, order) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const verifier = verifierOf(publicKey);
    const input = `${encode({ alg, typ: 'at+jwt' })}.${encode(CLAIMS)}`;
    const zero = Buffer.alloc(size);
    const one = Buffer.from(zero.map((_byte, index) => (index === size - 1 ? 1 : 0)));
    const n = Buffer.from(order, 'hex');

    it.each([
      ['0, 0', [zero, zero]],
      ['0, 1', [zero, one]],
      ['1, 0', [one, zero]],
      ['n, n', [n, n]],
      ['n, 1', [n, one]],
      ['0, n', [zero, n]],
    ])('refuses r, s = %s', async (_name, parts) => {
      const signature = Buffer.concat(parts).toString('base64url');
      expect(await refusalOf(verifier.verify(`${input}.${signature}`))).toEqual(refusal('signature_mismatch'));
    });

    it.each([0.5, 2])('refuses zeros of %s times the length', async (times) => {
      const signature = Buffer.alloc(size * 2 * times).toString('base64url');
      expect(await refusalOf(verifier.verify(`${input}.${signature}`))).toEqual(refusal('signature_mismatch'));
    });

    it('refuses the DER form of zeros', async () => {
      const signature = Buffer.from('3006020100020100', 'hex').toString('base64url');
      expect(await refusalOf(verifier.verify(`${input}.${signature}`))).toEqual(refusal('signature_mismatch'));
    });

    it('accepts an honest signature', async () => {
      const token = forge(CLAIMS, { alg, typ: 'at+jwt' }, ecdsa(privateKey, hash));
      expect((await verifier.verify(token)).id).toBe('alice');
    });
  });
});
