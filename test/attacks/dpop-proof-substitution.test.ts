/** Something signed for another purpose is used as a proof, or a proof as a token. */

import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_SECRET, PLATFORMS, type TestApp } from '../app.js';
import { encode, hmac } from '../authentication/forge.js';
import { bootOrders, boundToken, makeKey, NOW_S, ORIGIN, proofFor, sendBound, type BoundKey } from '../dpop/bound.js';

let key: BoundKey;
beforeAll(async () => {
  key = await makeKey();
});

describe.each(PLATFORMS)('a substituted proof on %s', (platform) => {
  let t: TestApp;
  let token: string;
  beforeAll(async () => {
    t = await bootOrders({ dpop: { origin: ORIGIN } }, { platform });
    token = await boundToken(key);
  });
  afterAll(() => t.close());

  const claims = () => ({
    jti: crypto.randomUUID(),
    htm: 'GET',
    htu: `${ORIGIN}/orders`,
    iat: NOW_S,
    ath: createHash('sha256').update(token).digest('base64url'),
  });
  const send = async (proof: string) => (await sendBound(t, 'GET /orders', key, { token, proof })).status;

  it('that is another kind of token by the same key is refused', async () => {
    for (const typ of ['JWT', 'at+jwt', 'client-authentication+jwt', 'application/dpop+jwt', 'dpop', undefined]) {
      const proof = await new SignJWT(claims())
        .setProtectedHeader({ alg: 'ES256', jwk: key.jwk, ...(typ !== undefined && { typ }) })
        .sign(key.privateKey);
      expect(await send(proof), typ).toBe(401);
    }
  });

  it('that is the access token itself is refused', async () => {
    expect(await send(token)).toBe(401);
  });

  it('that is signed with a secret that the server has is refused', async () => {
    for (const jwk of [key.jwk, { kty: 'oct', k: Buffer.from(TEST_SECRET).toString('base64url') }]) {
      const input = `${encode({ alg: 'HS256', typ: 'dpop+jwt', jwk })}.${encode(claims())}`;
      expect(await send(`${input}.${hmac()(input)}`)).toBe(401);
    }
  });

  it('that is signed with the public key as a secret, or with nothing, is refused', async () => {
    for (const alg of ['HS256', 'ES256', 'none']) {
      const input = `${encode({ alg, typ: 'dpop+jwt', jwk: key.jwk })}.${encode(claims())}`;
      for (const signature of [
        hmac(JSON.stringify(key.jwk))(input),
        '',
        'AA',
        Buffer.alloc(64).toString('base64url'),
      ]) {
        expect(await send(`${input}.${signature}`), alg).toBe(401);
      }
    }
  });

  it('that points to its key in another place is refused', async () => {
    const elsewhere = { jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x', kid: 'k' };
    const proof = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', ...elsewhere })
      .sign(key.privateKey);
    expect(await send(proof)).toBe(401);
  });

  it('that is good opens nothing as a token', async () => {
    const proof = await proofFor('GET /orders', key, { claims: { sub: 'alice', exp: NOW_S + 60 } });
    expect((await t.send('GET /orders', { token: proof })).status).toBe(401);
    expect((await sendBound(t, 'GET /orders', key, { token: proof })).status).toBe(401);
  });

  it('that is enormous, deep or not JSON is a 401 and no 500', async () => {
    const deep = '['.repeat(2000) + ']'.repeat(2000);
    for (const header of [
      deep,
      '{"jwk":'.repeat(300),
      '\u0000',
      '{}',
      `{"typ":"dpop+jwt","alg":"ES256","jwk":${'{"a":'.repeat(50)}1${'}'.repeat(50)}}`,
    ]) {
      expect(await send(`${encode(header)}.${encode(claims())}.AA`)).toBe(401);
    }
    for (const text of ['', ' ', '..', 'a', 'a'.repeat(8000), '%00.%00.%00', '\u00ff.a.b'])
      expect(await send(text)).toBe(401);
  });
});
