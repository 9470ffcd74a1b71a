/** A header that brings, or points to, the key that the token should be checked with. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../lib/index.js';
import { START_MS, TEST_SECRET } from '../app.js';
import { refusal, refusalOf, forge, GOOD_CLAIMS, hmac, rsa } from '../authentication/forge.js';

const now = () => START_MS;
const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const theirs = generateKeyPairSync('rsa', { modulusLength: 2048 });
const verifier = createTokenVerifier({ publicKey: ours.publicKey, now });
const jwk = { ...theirs.publicKey.export({ format: 'jwk' }), kid: 'theirs', use: 'sig', alg: 'RS256' };

let server: Server;
let origin: string;
let fetched = 0;

beforeAll(async () => {
  server = createServer((_request, response) => {
    fetched++;
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('a token signed with a key of the attacker', () => {
  it.each([
    ['jwk', () => ({ jwk })],
    ['jku', () => ({ jku: `${origin}/jwks.json`, kid: 'theirs' })],
    ['x5u', () => ({ x5u: `${origin}/chain.pem` })],
    ['x5c', () => ({ x5c: [theirs.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')] })],
    ['x5t', () => ({ x5t: 'dGhlaXJz' })],
    ['all of them', () => ({ jwk, jku: `${origin}/a`, x5u: `${origin}/b`, kid: 'theirs' })],
  ])('is refused with %s in its header', async (_name, extra) => {
    const token = forge(GOOD_CLAIMS, { alg: 'RS256', typ: 'at+jwt', ...extra() }, rsa(theirs.privateKey));
    expect(await refusalOf(verifier.verify(token))).toEqual(refusal('signature_mismatch'));
  });

  it('never makes us fetch anything', () => {
    expect(fetched).toBe(0);
  });

  it('leaves an honest token good that carries the same members', async () => {
    const header = { alg: 'RS256', typ: 'at+jwt', jwk, jku: `${origin}/jwks.json`, x5u: `${origin}/x` };
    expect((await verifier.verify(forge(GOOD_CLAIMS, header, rsa(ours.privateKey)))).id).toBe('alice');
    expect(fetched).toBe(0);
  });
});

describe('a key id that is an attack', () => {
  const secret = TEST_SECRET;
  const named = createTokenVerifier({ keys: [{ kid: 'k1', secret }], now });
  const INJECTIONS = [
    '../../../../dev/null',
    '/dev/null',
    "k1' UNION SELECT 'AA==' -- ",
    '| id',
    'k1\u0000',
    'K1',
    ' k1',
    '__proto__',
    'constructor',
    'https://evil.example/key',
    '',
  ];

  it.each(INJECTIONS)('is an unknown name among named keys: %j', async (kid) => {
    // Signed with what such a path or query would answer: nothing, or an empty key.
    for (const key of [secret, '', '\u0000', 'AA==']) {
      expect(
        await refusalOf(named.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'at+jwt', kid }, hmac(key)))),
      ).toEqual(refusal('key_unknown'));
    }
  });

  it.each(INJECTIONS)('is not consulted where the only key has no name: %j', async (kid) => {
    const unnamed = createTokenVerifier({ secret, now });
    expect((await unnamed.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'at+jwt', kid }))).id).toBe('alice');
    const forged = forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'at+jwt', kid }, hmac(''));
    expect(await refusalOf(unnamed.verify(forged))).toEqual(refusal('signature_mismatch'));
  });

  it.each([[null], [0], [1], [true], [['k1']], [{ k1: true }]])('is refused where it is no string: %j', async (kid) => {
    expect(await refusalOf(named.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'at+jwt', kid })))).toEqual(
      refusal('kid_not_a_string'),
    );
  });

  it('finds its key by exactly its name', async () => {
    expect((await named.verify(forge(GOOD_CLAIMS, { alg: 'HS256', typ: 'at+jwt', kid: 'k1' }))).id).toBe('alice');
  });
});
