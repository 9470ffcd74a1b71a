/** What a sender gets from `signRequest()`, and what it tells a sender who got it wrong. */

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signRequest, verifyRequestSignature, type SignRequestOptions } from '../../lib/index.js';
import { NOW_S, SECRET } from './signed-app.js';

const REQUEST = { method: 'POST', url: 'https://api.example.com/hooks?a=1', body: '{}' };
const SIGNING = { key: SECRET, keyId: 'shop', created: NOW_S };
const sign = (options: Partial<SignRequestOptions> = {}, headers = {}, request = REQUEST) =>
  signRequest({ ...request, headers }, { ...SIGNING, ...options });
const verify = (headers: Record<string, string>, request = REQUEST) =>
  verifyRequestSignature({ ...request, headers }, { keys: [{ id: 'shop', secret: SECRET }], now: NOW_S * 1000 });

describe('signing with a private key', () => {
  const pairs = {
    ed25519: generateKeyPairSync('ed25519'),
    'ecdsa-p256-sha256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    'rsa-pss-sha512': generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };

  it.each(Object.entries(pairs))('takes a PEM, a JWK and a KeyObject: %s', async (alg, { privateKey, publicKey }) => {
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const jwk = privateKey.export({ format: 'jwk' }) as SignRequestOptions['key'];
    for (const key of [pem, jwk, privateKey]) {
      const headers = sign({ key });
      expect(headers['Signature-Input']).toContain(`alg="${alg}"`);
      const verdict = verifyRequestSignature(
        { ...REQUEST, headers },
        { keys: [{ id: 'shop', publicKey }], now: NOW_S * 1000 },
      );
      expect(await verdict).toMatchObject({ keyId: 'shop', created: NOW_S });
    }
  });

  it('takes no public key, no algorithm of another kind, and no short secret', () => {
    const { publicKey, privateKey } = pairs.ed25519;
    expect(() => sign({ key: publicKey })).toThrow(/^signRequest\.key: the value is a public key/);
    expect(() => sign({ key: privateKey, alg: 'rsa-pss-sha512' })).toThrow(/^signRequest\.alg/);
    expect(() => sign({ alg: 'ed25519' })).toThrow('does not go with a shared secret');
    expect(() => sign({ key: 'short' })).toThrow(/^signRequest\.key: the value has 5 bytes/);
  });
});

describe('signing on top of headers', () => {
  it.each(['Signature-Input', 'signature-input'])('replaces the signature of an earlier try under %s', async (name) => {
    const { 'Signature-Input': input, Signature, ...first } = sign() as Record<string, string>;
    const again = sign({}, { ...first, [name]: input, [name.replace('-Input', '').replace('-input', '')]: Signature });
    const names = Object.keys(again).map((each) => each.toLowerCase());
    expect(names.toSorted()).toEqual(['content-digest', 'signature', 'signature-input']);
    expect(Object.values(again).filter((value) => value.includes('sig2='))).toEqual([]);
    expect((await verify(again)).keyId).toBe('shop');
  });

  it('replaces the header of the HMAC profile, whatever its case', async () => {
    const first = sign({ profile: 'hmac' })['X-Signature']!;
    const again = sign({ profile: 'hmac' }, { 'x-signature': first });
    expect(Object.keys(again)).toEqual(['X-Signature']);
    expect(again['X-Signature']).not.toBe(first);
    expect((await verify(again)).keyId).toBe('shop');
  });

  it('keeps the signatures of others', async () => {
    const proxied = sign({ key: `${SECRET}!`, keyId: 'proxy', components: ['@method'] });
    const both = sign({}, proxied);
    expect(both['Signature-Input']).toMatch(/^sig1=.*keyid="proxy", sig2=.*keyid="shop"$/);
    expect((await verify(both)).keyId).toBe('shop');
  });

  it('puts a digest of another body right, and leaves one of this body as it is', async () => {
    const of = (body: string) => sign({}, {}, { ...REQUEST, body })['Content-Digest']!;
    const changed = sign({}, { 'content-digest': of('{"other":1}') });
    expect(Object.entries(changed)).toContainEqual(['Content-Digest', of('{}')]);
    expect(Object.keys(changed).filter((name) => /content-digest/i.test(name))).toHaveLength(1);
    expect((await verify(changed)).keyId).toBe('shop');
    expect(sign({}, { 'content-digest': of('{}') })['content-digest']).toBe(of('{}'));
  });
});

describe('the target of a request', () => {
  it('is what goes over the wire, not the whole URL', async () => {
    const components = ['@method', '@target-uri', '@request-target', 'content-digest'];
    const headers = sign({ components });
    await expect(verify(headers, { ...REQUEST, url: '/hooks?a=1' })).rejects.toMatchObject({ reason: 'no_authority' });
    const asReceived = { ...headers, Host: 'api.example.com' };
    expect((await verify(asReceived, { ...REQUEST, url: '/hooks?a=1' })).components).toEqual(components);
    expect((await verify(headers)).components).toEqual(components);
  });

  it('is for whom HTTP/2 says it is', async () => {
    const headers = { ...sign(), ':authority': 'api.example.com', ':path': '/hooks?a=1' };
    expect((await verify(headers, { ...REQUEST, url: '/hooks?a=1' })).keyId).toBe('shop');
    const other = { ...headers, ':authority': 'other.example.com' };
    await expect(verify(other, { ...REQUEST, url: '/hooks?a=1' })).rejects.toMatchObject({
      reason: 'signature_mismatch',
    });
  });
});

describe('what surrounds the value of a field', () => {
  it('is spaces and tabs, and no other white space: that is part of it', async () => {
    const components = ['@method', '@target-uri', 'content-digest', 'x'];
    const headers = sign({ components }, { x: ' \tvalue\u00a0\t ' });
    expect(headers.x).toBe('value\u00a0');
    expect((await verify({ ...headers, x: '  value\u00a0  ' })).components).toEqual(components);
    await expect(verify({ ...headers, x: 'value' })).rejects.toMatchObject({ reason: 'signature_mismatch' });
  });
});

describe('a mistake in the options', () => {
  it.each<[string, Partial<SignRequestOptions>, string]>([
    ['components', { components: ['@method'] }, 'signRequest.components: means nothing in the HMAC profile'],
    ['expires', { expires: NOW_S }, 'signRequest.expires: means nothing in the HMAC profile'],
    ['tag', { tag: 'hooks' }, 'signRequest.tag: means nothing in the HMAC profile'],
  ])('%s in the HMAC profile: nothing is left out in silence', (_name, options, complaint) => {
    expect(() => sign({ profile: 'hmac', ...options })).toThrow(complaint);
    expect(() => sign(options)).not.toThrow();
  });

  it.each<[string, object, string | RegExp]>([
    ['a slip of the keyboard', { component: [] }, 'Did you mean `signRequest.components`?'],
    ['milliseconds for seconds', { created: NOW_S * 1000 }, 'signRequest.created'],
    ['a response', { components: ['@status'] }, 'is no component of a request'],
    ['the last line', { components: ['@signature-params'] }, 'is no component of a request'],
    ['a component twice', { components: ['@path', '"@path"'] }, 'is listed twice'],
    ['a parameter of the query without its name', { components: ['@query-param'] }, 'does not say which parameter'],
    ['a field that there is not', { components: ['x-event'] }, '"x-event" cannot be signed (component_missing)'],
    ['a comma in the nonce of the HMAC profile', { profile: 'hmac', nonce: 'a,b' }, 'signRequest.nonce'],
    ['a space in the id of the HMAC profile', { profile: 'hmac', keyId: 'a b' }, 'signRequest.keyId'],
    ['a tag with a line in it', { tag: 'a\nb' }, 'signRequest.tag'],
  ])('is a TypeError: %s', (_what, options, complaint) => {
    expect(() => sign(options)).toThrow(TypeError);
    expect(() => sign(options)).toThrow(complaint);
  });
});
