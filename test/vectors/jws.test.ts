/** Published vectors (Wycheproof, RFC 7515, 7520, 7797, 8037), read from beside the project. */

import { createSecretKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { JSONWebKeySet, JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { importVerificationKey } from '../../lib/authentication/jwt/key-import.js';
import { KeySet } from '../../lib/authentication/jwt/key-set.js';
import { TokenKey } from '../../lib/authentication/jwt/token-key.js';
import { verifyTokenSignature } from '../../lib/authentication/jwt/token-signature.js';
import { importKeys } from '../../lib/authentication/jwt/verifier.options.js';
import { createTokenVerifier, SecurityError, SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from '../../lib/index.js';

interface Vector {
  readonly name: string;
  readonly key?: JWK;
  readonly jwks?: JSONWebKeySet;
  readonly token: string;
  readonly expectJws: 'accept' | 'reject' | 'either';
  readonly expectJwt: 'accept' | 'reject' | 'reject-expired' | 'either';
  readonly payloadIsClaimsObject: boolean;
}

const file = fileURLToPath(new URL('../../../shared/vectors/jws-vectors.json', import.meta.url));
const cases = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] }).cases : [];
if (cases.length === 0) console.warn(`SKIPPED: no published JWS vectors at ${file}`);

/** Refusals at import and at verification are both refusals; anything but a TypeError or SecurityError is a crash. */
async function outcomeOf(verify: () => Promise<unknown>): Promise<string> {
  try {
    await verify();
    return 'accept';
  } catch (error) {
    if (error instanceof SecurityError) return `reject: ${error.reason}`;
    if (error instanceof TypeError) return `reject at boot: ${error.message}`;
    throw error;
  }
}

const ANY_TYPE = { typ: new Set(['jwt', 'jose', 'at+jwt']), allowMissingTyp: true };

function keySetOf({ key, jwks }: Vector): KeySet {
  if (key === undefined) return new KeySet('vectors', importKeys('vectors', { jwks }), undefined);
  return new KeySet('vectors', [importForVector(key)], algorithmsFor(key));
}

/** Wycheproof signs some cases with 32 zero bytes, which the import rightly refuses: those are imported without that check. */
function importForVector(jwk: JWK): TokenKey {
  const isZero = jwk.kty === 'oct' && /^A+$/.test(jwk.k ?? '');
  if (!isZero) return importVerificationKey('vectors', jwk);
  return new TokenKey('vectors', createSecretKey(Buffer.from(jwk.k!, 'base64url')), jwk.kid, jwk.alg);
}

/** HS384 and HS512 are asked for only where the secret is long enough: with others the boot stops, which would hide the case. */
function algorithmsFor({ k }: JWK): SignatureAlgorithm[] {
  const bytes = k === undefined ? Infinity : Buffer.from(k, 'base64url').length;
  return SIGNATURE_ALGORITHMS.filter((name) => !name.startsWith('HS') || bytes >= Number(name.slice(2)) / 8);
}

describe.skipIf(cases.length === 0)('published JWS vectors', () => {
  it('are all there', () => {
    expect(cases.length).toBeGreaterThanOrEqual(460);
  });

  it.each(cases)('signature: $name is $expectJws', async (vector) => {
    const outcome = await outcomeOf(async () => verifyTokenSignature(vector.token, keySetOf(vector), ANY_TYPE));
    expect(outcome).toMatch({ accept: /^accept$/, reject: /^reject/, either: /^(accept|reject)/ }[vector.expectJws]);
  });

  it.each(cases)('as an access token: $name is $expectJwt', async (vector) => {
    const { key, jwks, token } = vector;
    const outcome = await outcomeOf(async () =>
      createTokenVerifier({ ...(key ? { keys: [key] } : { jwks }), allowMissingTyp: true }).verify(token),
    );
    expect(outcome).toMatch(/^reject/);
  });

  it('refuses the four expired tokens of RFC 7515 and 7520 for nothing but their claims', async () => {
    const expired = cases.filter(({ expectJwt }) => expectJwt === 'reject-expired');
    const outcomes = await Promise.all(
      expired.map(({ key, token }) =>
        outcomeOf(() =>
          createTokenVerifier({ keys: [key!], allowMissingTyp: true, algorithms: algorithmsFor(key!) }).verify(token),
        ),
      ),
    );
    // They have no `iat`, which is asked for before the time is.
    expect(outcomes).toEqual(expired.map(() => 'reject: iat_missing'));
  });

  it.each([
    ['wycheproof/jws/332/ps512/UsingRS256', 'reject: algorithm_not_allowed'],
    ['wycheproof/jws/334/ps512/UsingRS384', 'reject: algorithm_not_allowed'],
    ['wycheproof/jws/336/ps512/UsingRS512', 'reject: algorithm_not_allowed'],
    ['wycheproof/jws/338/ps512/UsingPS256', 'reject: algorithm_not_allowed'],
    ['wycheproof/jws/340/ps512/UsingPS384', 'reject: algorithm_not_allowed'],
    ['wycheproof/jws/353/rsa_encryption/rejectWrongUse', 'reject at boot: vectors.use: "enc" is not for signatures.'],
    [
      'wycheproof/jws/354/ec_key_for_encryption/rejectWrongUse',
      'reject at boot: vectors.use: "enc" is not for signatures.',
    ],
    ['wycheproof/jws/360/base64/rejectsSpacesInMac', 'reject: malformed_base64url'],
    ['wycheproof/jws/365/base64/spacesInHeader', 'reject: malformed_base64url'],
    ['wycheproof/jws/368/base64/spacesInPayload', 'reject: malformed_base64url'],
  ])('adds what jose alone lets pass: %s', async (name, expected) => {
    const vector = cases.find((candidate) => candidate.name === name)!;
    const outcome = await outcomeOf(async () => verifyTokenSignature(vector.token, keySetOf(vector), ANY_TYPE));
    expect(outcome.startsWith(expected), outcome).toBe(true);
  });
});
