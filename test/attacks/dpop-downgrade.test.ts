/** A stolen token that is bound to a key is passed off as one that is not (RFC 9449 §7.1). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLATFORMS, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import {
  bootOrders,
  boundToken,
  lastReason,
  makeKey,
  NOW_S,
  OFFERS_DPOP,
  ORIGIN,
  proofFor,
  sendBound,
  TOKEN_REFUSED,
  type BoundKey,
} from '../dpop/bound.js';

let key: BoundKey;
let thief: BoundKey;
beforeAll(async () => {
  [key, thief] = await Promise.all([makeKey(), makeKey()]);
});

describe.each(PLATFORMS)('a stolen bound token on %s', (platform) => {
  let t: TestApp;
  let token: string;
  beforeAll(async () => {
    t = await bootOrders({ dpop: { mode: 'allowed', origin: ORIGIN } }, { platform });
    token = await boundToken(key);
  });
  afterAll(() => t.close());

  it('is good for its owner, and remembered from then on', async () => {
    expect((await sendBound(t, 'GET /orders', key, { token })).status).toBe(200);
  });

  it('is no bearer token, however that is written', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const answer = await t.send('GET /orders', { headers: { authorization: `${scheme} ${token}` } });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        `Bearer error="invalid_token", ${OFFERS_DPOP}`,
      ]);
      expect(lastReason(t)).toBe('bound_token_as_bearer');
    }
  });

  it('is no bearer token with a good proof beside it either', async () => {
    const dpop = await proofFor('GET /orders', key, { token });
    expect((await t.send('GET /orders', { token, headers: { dpop } })).status).toBe(401);
    expect(lastReason(t)).toBe('bound_token_as_bearer');
  });

  it('does not pass with a proof by the thief’s own key', async () => {
    for (const header of [{}, { jwk: key.jwk }, { jwk: thief.jwk, kid: key.jkt }]) {
      expect((await sendBound(t, 'GET /orders', key, { token, signer: thief, header })).status).toBe(401);
    }
  });

  it('cannot be bound to another key, nor to none', async () => {
    const [head, claims, signature] = token.split('.') as [string, string, string];
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString()) as object;
    for (const cnf of [undefined, { jkt: thief.jkt }]) {
      const changed = Buffer.from(JSON.stringify({ ...said, cnf })).toString('base64url');
      const forged = `${head}.${changed}.${signature}`;
      expect((await t.send('GET /orders', { token: forged })).status).toBe(401);
      expect((await sendBound(t, 'GET /orders', thief, { token: forged })).status).toBe(401);
    }
  });

  it('does not pass in two headers of two schemes', async () => {
    const dpop = await proofFor('GET /orders', thief, { token });
    for (const authorization of [
      [`Bearer ${token}`, `DPoP ${token}`],
      [`DPoP ${token}`, `Bearer ${token}`],
    ]) {
      expect((await t.send('GET /orders', { headers: { authorization, dpop } })).status).toBe(400);
    }
    const joined = `Bearer ${token}, DPoP ${token}`;
    expect((await t.send('GET /orders', { headers: { authorization: joined, dpop } })).status).toBe(401);
  });

  it('does not pass in the query, alone or beside itself', async () => {
    expect((await t.send(`GET /orders?access_token=${token}`)).status).toBe(401);
    const answer = await sendBound(t, `GET /orders?access_token=${token}`, key, { token });
    expect(answer.status).toBe(400);
  });

  it('does not open public routes', async () => {
    expect((await t.send('GET /open', { token })).status).toBe(401);
  });
});

describe('an extractor of the app', () => {
  it('finds no way around the proof', async () => {
    const t = await bootOrders({ fromRequest: ({ headers }) => String(headers['x-token'] ?? '') });
    const ask = async (token: string) => (await t.send('GET /orders', { headers: { 'x-token': token } })).status;
    expect(await ask(await tokenFor('alice'))).toBe(200);
    expect(await ask(await boundToken(key))).toBe(401);
    await t.close();
  });
});

describe('where bound tokens are required', () => {
  it('an unbound one of the same caller is refused, with a proof or without', async () => {
    const t = await bootOrders({ dpop: { mode: 'required', origin: ORIGIN } });
    const token = await tokenFor('alice', { exp: NOW_S + 60 });
    const answer = await t.send('GET /orders', { token });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, TOKEN_REFUSED.challenge]);
    expect((await sendBound(t, 'GET /orders', key, { token })).status).toBe(401);
    await t.close();
  });
});
