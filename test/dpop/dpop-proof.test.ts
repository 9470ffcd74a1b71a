/** The proof itself: RFC 9449's own examples, and everything that a proof must not be. */

import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { SecurityError, verifyDpopProof, type VerifyDpopProofOptions } from '../../lib/index.js';
import { START_MS } from '../app.js';
import { encode, ecdsa, hmac } from '../authentication/forge.js';
import { makeKey, NOW_S, ORIGIN, proofFor, type BoundKey, type ProofInit } from './bound.js';

const TOKEN = 'a-token-of-any-kind';
const WANTED: VerifyDpopProofOptions = {
  method: 'GET',
  uri: `${ORIGIN}/orders`,
  accessToken: TOKEN,
  now: () => START_MS,
};

let key: BoundKey;
beforeAll(async () => {
  key = await makeKey();
});

async function reasonOf(proof: string, options: Partial<VerifyDpopProofOptions> = {}): Promise<string> {
  try {
    await verifyDpopProof(proof, { ...WANTED, ...options });
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(SecurityError);
    const { code, reason, headers, problem } = error as SecurityError;
    // One answer for every cause.
    expect({ code, headers, problem }).toEqual({
      code: 'invalid_token',
      headers: { 'WWW-Authenticate': 'DPoP error="invalid_dpop_proof"' },
      problem: { type: 'about:blank', title: 'Valid credentials are required.', status: 401 },
    });
    return reason;
  }
}

const made = (init: ProofInit = {}): Promise<string> => proofFor('GET /orders', key, { token: TOKEN, ...init });

describe('the examples of RFC 9449', () => {
  const JWK_HEADER =
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMi' +
    'LCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';
  /** Figure 2. */
  const AT_THE_TOKEN_ENDPOINT =
    `${JWK_HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.` +
    '2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg';
  /** Figure 12. */
  const AT_A_RESOURCE =
    `${JWK_HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwi` +
    'YXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.' +
    '2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA';
  const EXAMPLE_TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
  const EXAMPLE_JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';

  it('hold, without a token and with one', async () => {
    await expect(
      verifyDpopProof(AT_THE_TOKEN_ENDPOINT, {
        method: 'POST',
        uri: 'https://server.example.com/token',
        now: () => 1_562_262_616_000,
      }),
    ).resolves.toMatchObject({ thumbprint: EXAMPLE_JKT, id: '-BwC3ESc6acc2lTc', issuedAtMs: 1_562_262_616_000 });
    await expect(
      verifyDpopProof(AT_A_RESOURCE, {
        method: 'GET',
        uri: 'https://resource.example.org/protectedresource',
        accessToken: EXAMPLE_TOKEN,
        thumbprint: EXAMPLE_JKT,
        now: () => 1_562_262_618_000,
      }),
    ).resolves.toMatchObject({ thumbprint: EXAMPLE_JKT, id: 'e1j3V_bKic8-LAEB', expiresAtMs: 1_562_262_683_000 });
  });

  it('are refused with one letter changed', async () => {
    const options = { method: 'POST', uri: 'https://server.example.com/token', now: () => 1_562_262_616_000 };
    const changed = AT_THE_TOKEN_ENDPOINT.replace('.2-GxA6', '.3-GxA6');
    await expect(verifyDpopProof(changed, options)).rejects.toMatchObject({ reason: 'proof_signature_mismatch' });
  });
});

describe('a proof', () => {
  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'PS256', 'RS256'])('may be signed with %s', async (alg) => {
    const own = await makeKey(alg);
    const proof = await proofFor('GET /orders', own, { token: TOKEN });
    await expect(verifyDpopProof(proof, WANTED)).resolves.toMatchObject({ thumbprint: own.jkt });
  });

  it('answers what is left to judge', async () => {
    const proof = await made({ nonce: 'theirs', claims: { jti: 'one' } });
    expect(await verifyDpopProof(proof, WANTED)).toEqual({
      thumbprint: key.jkt,
      id: 'one',
      issuedAtMs: START_MS,
      expiresAtMs: START_MS + 65_000,
      nonce: 'theirs',
    });
  });

  it.each<[string, ProofInit, string]>([
    ['another type', { header: { typ: 'JWT' } }, 'proof_type_not_allowed'],
    ['its type in other letters', { header: { typ: 'DPoP+JWT' } }, 'proof_type_not_allowed'],
    ['no type', { header: { typ: undefined } }, 'proof_type_not_allowed'],
    ['something critical', { header: { crit: ['b64'], b64: true } }, 'proof_critical_header'],
    ['no key', { header: { jwk: undefined } }, 'proof_key_missing'],
    ['a key that is a text', { header: { jwk: 'key' } }, 'proof_key_missing'],
    ['a list of keys', { header: { jwk: [] } }, 'proof_key_missing'],
    ['no id', { claims: { jti: undefined } }, 'proof_id_missing'],
    ['an empty id', { claims: { jti: '' } }, 'proof_id_missing'],
    ['an id that is a number', { claims: { jti: 7 } }, 'proof_id_missing'],
    ['no method', { claims: { htm: undefined } }, 'proof_for_another_method'],
    ['another method', { claims: { htm: 'POST' } }, 'proof_for_another_method'],
    ['a method in other letters', { claims: { htm: 'get' } }, 'proof_for_another_method'],
    ['no target', { claims: { htu: undefined } }, 'proof_target_malformed'],
    ['a list of targets', { claims: { htu: [`${ORIGIN}/orders`] } }, 'proof_target_malformed'],
    ['a relative target', { claims: { htu: '/orders' } }, 'proof_target_malformed'],
    ['another path', { claims: { htu: `${ORIGIN}/orders/` } }, 'proof_for_another_target'],
    ['another host', { claims: { htu: 'https://api.example.org/orders' } }, 'proof_for_another_target'],
    ['another scheme', { claims: { htu: 'http://api.example.com/orders' } }, 'proof_for_another_target'],
    ['another port', { claims: { htu: 'https://api.example.com:8443/orders' } }, 'proof_for_another_target'],
    ['no time', { claims: { iat: undefined } }, 'proof_time_missing'],
    ['a time that is a text', { claims: { iat: String(NOW_S) } }, 'proof_time_missing'],
    ['a time long ago', { claims: { iat: NOW_S - 65 } }, 'proof_too_old'],
    ['a time to come', { claims: { iat: NOW_S + 6 } }, 'proof_of_the_future'],
    ['an end of its own', { claims: { exp: NOW_S - 5 } }, 'proof_expired'],
    ['a beginning of its own', { claims: { nbf: NOW_S + 6 } }, 'proof_not_yet_valid'],
    ['an end that is a text', { claims: { exp: 'never' } }, 'proof_time_malformed'],
    ['no hash of the token', { claims: { ath: undefined } }, 'proof_token_hash_missing'],
    [
      'the hash of another token',
      { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } },
      'proof_for_another_token',
    ],
    ['a nonce that is a number', { claims: { nonce: 1 } }, 'proof_nonce_not_a_string'],
  ])('is refused with %s', async (_what, init, reason) => {
    expect(await reasonOf(await made(init))).toBe(reason);
  });

  it('is good to the second, and not after it', async () => {
    for (const iat of [NOW_S - 64, NOW_S, NOW_S + 5])
      expect(await reasonOf(await made({ claims: { iat } }))).toBe('accepted');
    expect(await reasonOf(await made({ claims: { iat: NOW_S - 60 } }), { clockTolerance: 0 })).toBe('proof_too_old');
    expect(await reasonOf(await made({ claims: { iat: NOW_S - 100 } }), { maxAge: 120 })).toBe('accepted');
  });

  it('may name its target in any spelling of the same', async () => {
    for (const htu of [`${ORIGIN}/%6frders`, `${ORIGIN}:443/orders?a=1#b`, 'HTTPS://API.example.com/x/../orders']) {
      expect(await reasonOf(await made({ claims: { htu } })), htu).toBe('accepted');
    }
  });

  it('names no token where none was sent', async () => {
    const { accessToken: _, ...without } = WANTED;
    await expect(verifyDpopProof(await made(), without)).rejects.toMatchObject({ reason: 'proof_for_a_token' });
    const bare = await proofFor('GET /orders', key);
    await expect(verifyDpopProof(bare, without)).resolves.toMatchObject({ thumbprint: key.jkt });
  });

  it('is by the key that the token is bound to', async () => {
    expect(await reasonOf(await made(), { thumbprint: key.jkt })).toBe('accepted');
    expect(await reasonOf(await made(), { thumbprint: (await makeKey()).jkt })).toBe('proof_of_another_key');
  });

  it('is signed with an algorithm that is listed', async () => {
    expect(await reasonOf(await made(), { algorithms: ['EdDSA'] })).toBe('proof_algorithm_not_allowed');
  });

  it('has the form of a compact token, to the letter', async () => {
    const good = await made();
    const cases: [string, string][] = [
      ['', 'proof_not_three_parts'],
      ['a.b', 'proof_not_three_parts'],
      [`${good}=`, 'proof_malformed_base64url'],
      [`${good}, ${good}`, 'proof_not_three_parts'],
      [`${'a'.repeat(9000)}.a.a`, 'proof_token_too_large'],
      [`${encode('{"typ":"dpop+jwt","typ":"dpop+jwt"}')}.e30.AA`, 'proof_header_duplicate_member'],
      [`${good.split('.')[0]!}.${encode('[]')}.AA`, 'proof_claims_not_an_object'],
    ];
    for (const [proof, reason] of cases) expect(await reasonOf(proof), proof.slice(0, 40)).toBe(reason);
  });
});

describe('the key of a proof', () => {
  const CLAIMS = { jti: 'j', htm: 'GET', htu: `${ORIGIN}/orders`, iat: NOW_S };
  const forged = (header: object, sign: (input: string) => string): string => {
    const input = `${encode({ typ: 'dpop+jwt', ...header })}.${encode(CLAIMS)}`;
    return `${input}.${sign(input)}`;
  };
  const judge = (proof: string): Promise<unknown> =>
    verifyDpopProof(proof, { method: 'GET', uri: `${ORIGIN}/orders`, now: () => START_MS }).catch(
      (error: unknown) => (error as SecurityError).reason,
    );

  it('is not private: it would be in everybody’s logs', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const sign = ecdsa(privateKey);
    expect(await judge(forged({ alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) }, sign))).toMatchObject({
      id: 'j',
    });
    expect(await judge(forged({ alg: 'ES256', jwk: privateKey.export({ format: 'jwk' }) }, sign))).toBe(
      'proof_key_not_public',
    );
  });

  it('is no shared secret, by whatever name', async () => {
    const k = Buffer.alloc(32, 7).toString('base64url');
    const sign = hmac(Buffer.alloc(32, 7));
    expect(await judge(forged({ alg: 'HS256', jwk: { kty: 'oct', k } }, sign))).toBe('proof_algorithm_not_allowed');
    expect(await judge(forged({ alg: 'ES256', jwk: { kty: 'oct', k } }, sign))).toBe('proof_key_not_public');
    expect(await judge(forged({ alg: 'none', jwk: { kty: 'oct' } }, () => ''))).toBe('proof_malformed_base64url');
    expect(await judge(forged({ alg: 'none', jwk: { kty: 'oct' } }, () => 'AA'))).toBe('proof_algorithm_unknown');
  });

  it('is strong, sound, and fits its algorithm', async () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const offCurve = { ...jwk, y: jwk.x };
    const cases: [string, object][] = [
      ['RS256', weak],
      ['ES256', offCurve],
      ['ES256', { ...jwk, use: 'enc' }],
      ['ES256', { ...jwk, key_ops: ['sign'] }],
      ['ES256', { ...jwk, alg: 'ES384' }],
      ['ES256', { ...jwk, x: `${jwk.x}=` }],
      ['ES256', { kty: 'EC' }],
    ];
    for (const [alg, each] of cases)
      expect(await judge(forged({ alg, jwk: each }, () => 'AAAA')), alg).toBe('proof_key_unusable');
    expect(await judge(forged({ alg: 'ES384', jwk }, () => 'AAAA'))).toBe('proof_algorithm_does_not_fit_key');
  });
});

describe('verifyDpopProof', () => {
  it('refuses whatever else there is, and never breaks', async () => {
    const part = fc.oneof(
      fc.json().map((text) => encode(text)),
      fc.base64String(),
      fc.string(),
    );
    const member = fc.oneof(fc.jsonValue(), fc.constantFrom('dpop+jwt', 'ES256', key.jwk, ORIGIN, 'GET', NOW_S));
    const header = fc.record({ typ: fc.constant('dpop+jwt'), alg: member, jwk: member }).map((value) => encode(value));
    await fc.assert(
      fc.asyncProperty(fc.oneof(part, header), part, part, async (head, claims, signature) => {
        const verifying = verifyDpopProof(`${head}.${claims}.${signature}`, WANTED);
        await expect(verifying).rejects.toMatchObject({ code: 'invalid_token' });
      }),
    );
  });

  it.each<[string, object, string]>([
    ['a slip of the keyboard', { url: 'https://a.example' }, 'Did you mean `verifyDpopProof.uri`?'],
    ['no method', { method: '' }, 'verifyDpopProof.method'],
    ['a path in place of a URL', { uri: '/orders' }, 'is no http(s) URL'],
    ['a token that is none', { accessToken: '' }, 'verifyDpopProof.accessToken'],
    ['a shared secret', { algorithms: ['HS256'] }, 'verifyDpopProof.algorithms'],
    ['milliseconds', { clockTolerance: 5000 }, 'is not a number from 0 to 300'],
    ['a proof of an hour', { maxAge: 3_600 }, 'is over 300'],
    ['milliseconds for an age', { maxAge: 60_000 }, 'It is in seconds, not milliseconds.'],
  ])('refuses %s', async (_what, options, complaint) => {
    const verifying = verifyDpopProof('x', { ...WANTED, ...options } as VerifyDpopProofOptions);
    await expect(verifying).rejects.toThrow(TypeError);
    await expect(verifying).rejects.toThrow(complaint);
  });
});
