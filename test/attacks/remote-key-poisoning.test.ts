/** A key set that somebody has tampered with, or that was careless from the start: no token gets in by it. */

import { createHmac, generateKeyPairSync, sign as cryptoSign, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTokenVerifier } from '../../lib/index.js';
import { START_MS } from '../app.js';
import { encode, refusalOf } from '../authentication/forge.js';
import { AUDIENCE, namedKey, openKeySite, type KeySite, type NamedKey } from '../issuers/key-site.js';

const GOOD = namedKey('good', 'RS256');
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent });
const published = (key: KeyObject) => key.export({ format: 'jwk' });
const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

let site: KeySite;
let nowMs: number;
beforeEach(async () => {
  nowMs = START_MS;
  site = await openKeySite(START_MS / 1000);
});
afterEach(() => site.close());

const verifierOf = () =>
  createTokenVerifier({
    jwksUri: `${site.issuer}/jwks`,
    issuer: site.issuer,
    audience: AUDIENCE,
    dangerouslyAllowHttp: true,
    dangerouslyAllowPrivate: [site.host],
    now: () => nowMs,
  });

async function reasonFor(token: string, verifier = verifierOf()): Promise<string> {
  const outcome = (await refusalOf(verifier.verify(token))) as { accepted?: { id: string }; reason?: string };
  return outcome.accepted === undefined ? String(outcome.reason) : `in: ${outcome.accepted.id}`;
}

/** A token signed as the attacker likes. */
function forged(alg: string, kid: string, sign: (input: string) => Buffer | string): string {
  const claims = { iss: site.issuer, aud: AUDIENCE, sub: 'admin', iat: START_MS / 1000, exp: START_MS / 1000 + 3600 };
  const input = `${encode({ alg, typ: 'at+jwt', kid })}.${encode(claims)}`;
  const signature = sign(input);
  return `${input}.${typeof signature === 'string' ? signature : signature.toString('base64url')}`;
}

const bySha256 = (key: KeyObject) => (input: string) => cryptoSign('sha256', Buffer.from(input), key);

it('lets a good key in among bad ones: the token that the others differ from', async () => {
  site.publish({ kty: 'oct', kid: 'shared', k: 'AAAA' }, { kty: 'new', kid: 'x' }, { nonsense: true }, GOOD.jwk);
  expect(await reasonFor(await site.token(GOOD))).toBe('in: alice');
});

it('takes no shared secret from a set, whatever it says of itself', async () => {
  const secret = Buffer.alloc(32, 7);
  const oct = { kty: 'oct', kid: 'shared', k: secret.toString('base64url'), alg: 'HS256', use: 'sig' };
  site.publish(oct, GOOD.jwk);
  const token = forged('HS256', 'shared', (input) => createHmac('sha256', secret).update(input).digest());
  expect(await reasonFor(token)).toBe('algorithm_not_allowed');
  expect(site.asked).toEqual([]);
});

it('takes no public key for a shared secret', async () => {
  site.publish(GOOD.jwk);
  const text = JSON.stringify(GOOD.jwk);
  const token = forged('HS256', 'good', (input) => createHmac('sha256', text).update(input).digest());
  expect(await reasonFor(token)).toBe('algorithm_not_allowed');
});

it('takes no RSA key of more than 8192 bits: it would only cost time', async () => {
  const token = forged('RS256', 'big', () => 'AAAA');
  for (const [bits, reason] of [
    [8_192, 'signature_mismatch'],
    [8_200, 'issuer_keys_unreachable'],
  ] as const) {
    const n = base64url(`c${'9'.repeat(bits / 4 - 2)}1`);
    site.publish({ kty: 'RSA', kid: 'big', n, e: 'AQAB', alg: 'RS256', use: 'sig' });
    expect(await reasonFor(token)).toBe(reason);
  }
});

it('takes no RSA key that can be factored', async () => {
  const weak = rsa(1024);
  site.publish({ ...published(weak.publicKey), kid: 'weak', alg: 'RS256', use: 'sig' }, GOOD.jwk);
  expect(await reasonFor(forged('RS256', 'weak', bySha256(weak.privateKey)))).toBe('key_unknown');
});

it.each([
  ['1', base64url('01')],
  ['even', base64url('010002')],
  ['small and not in use', base64url('05')],
])('takes no RSA key with the exponent %s', async (_what, e) => {
  site.publish({ ...published(rsa(2048).publicKey), e, kid: 'odd', alg: 'RS256', use: 'sig' }, GOOD.jwk);
  expect(await reasonFor(forged('RS256', 'odd', () => Buffer.alloc(256, 1)))).toBe('key_unknown');
});

it.each([
  ['for encryption', { use: 'enc' }],
  ['for wrapping keys', { key_ops: ['wrapKey'] }],
  ['for signing only', { key_ops: ['sign'] }],
  ['for another algorithm', { alg: 'RSA-OAEP' }],
  ['for an algorithm of another kind of key', { alg: 'ES256' }],
  ['for none', { alg: 'none' }],
])('takes no key that says it is %s', async (_what, change) => {
  const pair = rsa(2048);
  const jwk = { ...published(pair.publicKey), kid: 'other', alg: 'RS256', use: 'sig', ...change };
  site.publish(jwk, GOOD.jwk);
  expect(await reasonFor(forged('RS256', 'other', bySha256(pair.privateKey)))).toBe('key_unknown');
});

it('uses a key with its own algorithm only', async () => {
  site.publish(GOOD.jwk);
  const pss = (input: string) =>
    cryptoSign('sha256', Buffer.from(input), { key: GOOD.privateKey, padding: 6, saltLength: 32 });
  expect(await reasonFor(forged('PS256', 'good', pss))).toBe('algorithm_not_allowed');
});

it('takes no key whose private part is published: it is everybody’s', async () => {
  const pair = rsa(2048);
  site.publish({ ...published(pair.privateKey), kid: 'leaked', alg: 'RS256', use: 'sig' }, GOOD.jwk);
  expect(await reasonFor(forged('RS256', 'leaked', bySha256(pair.privateKey)))).toBe('key_unknown');
});

it('takes no point that is not on its curve', async () => {
  const { x, ...rest } = namedKey('curve').jwk;
  site.publish({ ...rest, x: String(x).split('').reverse().join('') }, GOOD.jwk);
  expect(await reasonFor(forged('ES256', 'curve', () => Buffer.alloc(64, 1)))).toMatch(
    /algorithm_not_allowed|key_unknown/,
  );
});

it('refuses a set in which two keys have one name, and stays with the one before', async () => {
  site.publish(GOOD.jwk);
  const verifier = verifierOf();
  const token = await site.token(GOOD);
  expect(await reasonFor(token, verifier)).toBe('in: alice');
  const attacker: NamedKey = namedKey('good', 'RS256');
  site.publish(GOOD.jwk, attacker.jwk);
  nowMs += 700_000;
  expect(await reasonFor(await site.token(attacker), verifier)).toBe('signature_mismatch');
  expect(await reasonFor(token, verifier)).toBe('in: alice');
  expect(await reasonFor(await site.token(attacker))).toBe('issuer_keys_unreachable');
});

it.each([
  ['10,000 keys', () => Array.from({ length: 10_000 }, (_, n) => ({ kty: 'RSA', kid: `k${n}`, n: 'AQAB', e: 'AQAB' }))],
  ['101 keys', () => Array.from({ length: 101 }, () => GOOD.jwk)],
])('refuses a set of %s', async (_what, keys) => {
  site.publish(...keys());
  expect(await reasonFor(await site.token(GOOD))).toBe('issuer_keys_unreachable');
});

it('follows no pointer to another key', async () => {
  site.publish(GOOD.jwk);
  const attacker = namedKey('mine', 'RS256');
  const pointers = { jwk: attacker.jwk, jku: `${site.issuer}/mine`, x5u: `${site.issuer}/mine`, x5c: ['AAAA'] };
  expect(await reasonFor(await site.token(attacker, {}, pointers))).toBe('key_unknown');
  expect(await reasonFor(await site.token(attacker, {}, { ...pointers, kid: 'good' }))).toBe('signature_mismatch');
  expect(site.asked).not.toContain('/mine');
});

it('reads no name of a key as a path, a query or a pattern', async () => {
  site.publish(GOOD.jwk);
  for (const kid of [
    '../../etc/passwd',
    "' OR 1=1 --",
    '*',
    '__proto__',
    'constructor',
    '',
    'GOOD',
    'good ',
    '\u0000',
  ]) {
    const outcome = await reasonFor(await site.token(namedKey('x', 'RS256'), {}, { kid }));
    expect(outcome).toBe('key_unknown');
  }
});
