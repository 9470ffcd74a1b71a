/** A message that chooses the key, the algorithm or what is covered would sign for itself. */

import { createHmac, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  signRequest,
  verifyRequestSignature,
  type SignatureKeyInput,
  type SignRequestOptions,
  type VerifyRequestOptions,
} from '../../lib/index.js';

const NOW = 1_767_225_600_000;
const SECRET = 'a-secret-of-more-than-32-bytes-for-tests-only';
const REQUEST = { method: 'POST', url: 'https://api.example.com/hooks?a=1', body: '{}' };
const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

const sign = (options: Partial<SignRequestOptions> = {}) =>
  signRequest(REQUEST, { key: SECRET, keyId: 'k', created: NOW / 1000, ...options });
const verify = (
  headers: Record<string, string>,
  key: Partial<SignatureKeyInput>,
  options: Partial<VerifyRequestOptions> = {},
) => verifyRequestSignature({ ...REQUEST, headers }, { keys: [{ id: 'k', ...key }], now: NOW, ...options });

describe('every algorithm', () => {
  it.each<[string, SignRequestOptions['key'], Partial<SignatureKeyInput>]>([
    ['hmac-sha256', SECRET, { secret: SECRET }],
    ['ed25519', ed25519.privateKey, { publicKey: ed25519.publicKey }],
    ['ecdsa-p256-sha256', p256.privateKey, { publicKey: p256.publicKey }],
    ['rsa-pss-sha512', rsa.privateKey, { publicKey: rsa.publicKey }],
    ['rsa-v1_5-sha256', rsa.privateKey, { publicKey: rsa.publicKey, alg: 'rsa-v1_5-sha256' }],
  ])('signs and verifies: %s, and fails with the key of another', async (alg, key, good) => {
    const headers = sign({ key, alg: alg as never });
    expect(await verify(headers, good)).toEqual({
      keyId: 'k',
      components: ['@method', '@target-uri', 'content-digest'],
      created: NOW / 1000,
      tag: undefined,
    });
    for (const other of [{ secret: `${SECRET}!` }, { publicKey: generateKeyPairSync('ed25519').publicKey }]) {
      await expect(verify(headers, other)).rejects.toMatchObject({ code: 'invalid_token' });
    }
  });
});

describe('confusing one signature with another', () => {
  it('fails with the public key as the secret', async () => {
    const pem = ed25519.publicKey.export({ format: 'pem', type: 'spki' }) as string;
    const headers = sign();
    const input = headers['Signature-Input']!.slice('sig1='.length);
    const base = `"@method": POST\n"@target-uri": ${REQUEST.url}\n"content-digest": ${headers['Content-Digest']}\n"@signature-params": ${input}`;
    const forged = createHmac('sha256', pem).update(base).digest('base64');
    const attack = verify({ ...headers, Signature: `sig1=:${forged}:` }, { publicKey: ed25519.publicKey });
    await expect(attack).rejects.toMatchObject({ reason: 'signature_algorithm_mismatch' });
    await expect(verify(sign(), { secret: pem })).rejects.toThrow('is a key, not a shared secret');
  });

  it('fails without the algorithm in the message as well: the key knows its own', async () => {
    const headers = sign();
    headers['Signature-Input'] = headers['Signature-Input']!.replace(';alg="hmac-sha256"', '');
    await expect(verify(headers, { publicKey: ed25519.publicKey })).rejects.toMatchObject({
      reason: 'signature_mismatch',
    });
  });

  it('fails with the older RSA padding where nobody allowed it', async () => {
    const headers = sign({ key: rsa.privateKey, alg: 'rsa-v1_5-sha256' });
    await expect(verify(headers, { publicKey: rsa.publicKey })).rejects.toMatchObject({
      reason: 'signature_algorithm_mismatch',
    });
  });

  it('fails with a public key in the HMAC profile', async () => {
    await expect(verify(sign({ profile: 'hmac' }), { publicKey: ed25519.publicKey })).rejects.toMatchObject({
      reason: 'signature_key_unknown',
    });
    expect(() => sign({ profile: 'hmac', key: ed25519.privateKey })).toThrow('is not for the HMAC profile');
  });

  it('is refused at boot where two signers share a secret', async () => {
    const keys = [
      { id: 'one', secret: SECRET },
      { id: 'two', secret: SECRET },
    ];
    await expect(verifyRequestSignature(REQUEST, { keys })).rejects.toThrow('the key "one" has the same');
  });

  it.each([
    [['@method', '@path', 'content-digest'], 'not_covered: @target-uri'],
    [['@target-uri', 'content-digest'], 'not_covered: @method'],
    [['@method', '@target-uri'], 'not_covered: content-digest'],
    [['@method', '@authority', '@path', 'content-digest'], 'not_covered: @target-uri'],
    [['@method', '@target-uri', '"content-digest";key="sha-256"'], 'content-digest'],
    [[], 'not_covered: @method'],
  ])('fails with a signature that covers %j only', async (components, reason) => {
    const content = sign()['Content-Digest']!;
    const headers = signRequest(
      { ...REQUEST, headers: { 'Content-Digest': content } },
      { key: SECRET, keyId: 'k', created: NOW / 1000, components },
    );
    await expect(verify(headers, { secret: SECRET })).rejects.toMatchObject({
      reason: expect.stringContaining(reason),
    });
  });

  it('takes the parts of the target for the whole, and one good signature among others', async () => {
    const components = ['@method', '@authority', '@path', '@query', 'content-digest'];
    expect((await verify(sign({ components }), { secret: SECRET })).components).toEqual(components);
    const first = sign({ key: ed25519.privateKey, keyId: 'proxy', components: ['@method'] });
    const both = signRequest({ ...REQUEST, headers: first }, { key: SECRET, keyId: 'k', created: NOW / 1000 });
    expect(both['Signature-Input']).toMatch(/^sig1=.*, sig2=/);
    expect((await verify(both, { secret: SECRET })).keyId).toBe('k');
    await expect(verify(first, { secret: SECRET })).rejects.toMatchObject({ reason: 'signature_key_unknown' });
  });

  it('asks for what the app requires, parameters too', async () => {
    const required = ['@method', 'tag', 'x-event'];
    await expect(verify(sign(), { secret: SECRET }, { required })).rejects.toMatchObject({
      reason: 'not_covered: tag',
    });
    const headers = signRequest(
      { ...REQUEST, headers: { 'X-Event': 'paid' } },
      { key: SECRET, keyId: 'k', created: NOW / 1000, tag: 'hooks', components: ['@method', 'x-event'] },
    );
    expect((await verify(headers, { secret: SECRET }, { required })).components).toEqual(['@method', 'x-event']);
  });

  it('fails with a signature that was made for another use of the same key', async () => {
    const hooks = sign({ tag: 'hooks' });
    expect(await verify(hooks, { secret: SECRET }, { tag: 'hooks' })).toMatchObject({ tag: 'hooks' });
    for (const headers of [sign({ tag: 'logins' }), sign()]) {
      await expect(verify(headers, { secret: SECRET }, { tag: 'hooks' })).rejects.toMatchObject({
        reason: 'signature_tag_mismatch',
      });
    }
    const hmac = sign({ profile: 'hmac' });
    await expect(verify(hmac, { secret: SECRET }, { tag: 'hooks' })).rejects.toMatchObject({ reason: 'no_signature' });
    await expect(verify(hmac, { secret: SECRET }, { tag: 'hooks', profile: 'hmac' })).rejects.toThrow(
      'does not go with the HMAC profile',
    );
  });
});
