/** An extension that must be understood, and is not (RFC 7515 §4.1.11); a payload that is not encoded (RFC 7797). */

import { describe, it, expect } from 'vitest';
import { encode, refusal, refusalOf, GOOD_CLAIMS, GOOD_HEADER, hmac } from '../authentication/forge.js';
import { tokenGrounds } from './token-grounds.js';

describe.each(tokenGrounds())('with $name', ({ verifierWith, forge, readsClaimsFirst }) => {
  const verifier = verifierWith();

  describe('a critical header', () => {
    it.each([
      [{ crit: ['exp'], exp: 1 }],
      [{ crit: ['http://example.com/must-understand'], 'http://example.com/must-understand': true }],
      [{ crit: ['b64'], b64: true }],
      [{ crit: ['b64'], b64: false }],
      [{ crit: ['alg'] }],
      [{ crit: ['absent'] }],
      [{ crit: [] }],
      [{ crit: [''] }],
      [{ crit: 'exp' }],
      [{ crit: null }],
      [{ crit: { length: 0 } }],
    ])('is refused though the signature holds: %j', async (extra) => {
      expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { ...GOOD_HEADER, ...extra })))).toEqual(
        refusal('critical_header'),
      );
    });
  });

  describe('an unencoded payload', () => {
    it.each([[false], [true], ['false'], [null]])('is refused where b64 is %s', async (b64) => {
      expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { ...GOOD_HEADER, b64 })))).toEqual(
        refusal('unencoded_payload'),
      );
    });

    it('is refused where the signature covers the plain payload', async () => {
      const header = encode({ ...GOOD_HEADER, b64: false, crit: ['b64'] });
      const signature = hmac()(`${header}.payload`);
      expect(await refusalOf(verifier.verify(`${header}.payload.${signature}`))).toEqual(
        refusal('malformed_base64url'),
      );
      const even = hmac()(`${header}.claims00`);
      expect(await refusalOf(verifier.verify(`${header}.claims00.${even}`))).toEqual(
        refusal(readsClaimsFirst === true ? 'claims_not_utf8' : 'critical_header'),
      );
    });
  });
});
