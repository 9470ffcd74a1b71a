/** The public key, which everybody has, used as an HMAC secret. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../lib/index.js';
import { START_MS } from '../app.js';
import { ecdsa, refusal, refusalOf, forge, GOOD_CLAIMS, hmac, rsa } from '../authentication/forge.js';
import { NARROW_CLAIMS, tokenGrounds } from './token-grounds.js';

const now = () => START_MS;
const grounds = tokenGrounds();
const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ecPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const edPair = generateKeyPairSync('ed25519');

/** Every form in which an attacker may have the public key. */
function formsOf(key: KeyObject): [string, string | Uint8Array][] {
  const pem = key.export({ type: 'spki', format: 'pem' }) as string;
  const jwk = key.export({ format: 'jwk' });
  const forms: [string, string | Uint8Array][] = [
    ['PEM', pem],
    ['PEM without the last line break', pem.trimEnd()],
    ['PEM with CRLF', pem.replaceAll('\n', '\r\n')],
    ['base64 of the PEM', pem.replace(/-----[^-]+-----|\n/g, '')],
    ['DER', key.export({ type: 'spki', format: 'der' })],
    ['JWK', JSON.stringify(jwk)],
    ['the x or n of the JWK', Buffer.from((jwk.x ?? jwk.n)!, 'base64url')],
  ];
  if (key.asymmetricKeyType === 'rsa')
    forms.push(['PKCS#1 PEM', key.export({ type: 'pkcs1', format: 'pem' }) as string]);
  return forms;
}

describe.each([
  ['RSA', rsaPair, 'RS256'],
  ['EC', ecPair, 'ES256'],
  ['Ed25519', edPair, 'EdDSA'],
] as const)('an HMAC over the public %s key', (_kind, { publicKey }, algorithm) => {
  const forms = formsOf(publicKey);

  describe.each(grounds)('with $name', ({ verifierOf }) => {
    it.each(forms)('is refused: %s', async (_form, secret) => {
      const verifier = verifierOf(publicKey);
      for (const [alg, hash] of [
        ['HS256', 'sha256'],
        ['HS384', 'sha384'],
        ['HS512', 'sha512'],
      ] as const) {
        const token = forge({ ...GOOD_CLAIMS, ...NARROW_CLAIMS }, { alg, typ: 'at+jwt' }, hmac(secret, hash));
        expect(await refusalOf(verifier.verify(token))).toEqual(refusal('algorithm_not_allowed'));
      }
    });
  });

  it.each(forms)('is refused even where HMAC is on the allowlist: %s', async (_form, secret) => {
    const verifier = createTokenVerifier({ publicKey, now, algorithms: [algorithm, 'HS256'] });
    expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, undefined, hmac(secret))))).toEqual(
      refusal('algorithm_not_allowed'),
    );
  });

  it.each(forms.slice(0, 3))('cannot be configured by giving the key as `secret`: %s', (_form, secret) => {
    expect(() => createTokenVerifier({ secret })).toThrow(
      new TypeError('createTokenVerifier.secret: the value is a key, not a shared secret. Give it as `publicKey`.'),
    );
  });

  it('cannot be configured in binary either', () => {
    const der = publicKey.export({ type: 'spki', format: 'der' });
    expect(() => createTokenVerifier({ secret: der })).toThrow(/is a key, not a shared secret/);
    expect(() => createTokenVerifier({ secret: publicKey })).toThrow(/is a public key, not a shared secret/);
  });
});

it('keeps shared and public keys of one set apart', async () => {
  const secret = 'quite-another-secret-of-more-than-32-bytes';
  const { publicKey, privateKey } = rsaPair;
  const verifier = createTokenVerifier({
    keys: [
      { kid: 'old', secret },
      { kid: 'new', publicKey },
    ],
    now,
  });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;

  const honest = forge(GOOD_CLAIMS, { alg: 'RS256', typ: 'at+jwt', kid: 'new' }, rsa(privateKey));
  expect((await verifier.verify(honest)).id).toBe('alice');
  expect(
    await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'at+jwt', kid: 'new' }, hmac(pem)))),
  ).toEqual(refusal('key_unknown'));
  expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, undefined, hmac(pem))))).toEqual(
    refusal('signature_mismatch'),
  );
  expect(
    await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg: 'RS256', typ: 'at+jwt', kid: 'old' }, rsa(privateKey)))),
  ).toEqual(refusal('key_unknown'));
});

it('never checks a curve with the algorithm of another', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const verifier = createTokenVerifier({ publicKey, now });
  expect(
    await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { alg: 'ES256', typ: 'at+jwt' }, ecdsa(privateKey)))),
  ).toEqual(refusal('algorithm_not_allowed'));
  const honest = forge(GOOD_CLAIMS, { alg: 'ES384', typ: 'at+jwt' }, ecdsa(privateKey, 'sha384'));
  expect((await verifier.verify(honest)).id).toBe('alice');
});
