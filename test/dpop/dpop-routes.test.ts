/** Bound tokens at real routes: who gets in with a proof, and what the others are told. */

import { Controller, Get, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createTokenVerifier,
  JwtAuthGuard,
  perMinute,
  secureApp,
  TokenVerifier,
  type SpentStore,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, TEST_SECRET, type TestApp } from '../app.js';
import { tokenFor } from '../tokens.js';
import {
  bootOrders,
  boundToken,
  lastReason,
  makeKey,
  NOW_S,
  OFFERS_BOTH,
  OFFERS_DPOP,
  ORIGIN,
  PROOF_REFUSED,
  proofFor,
  sendBound,
  shownOf,
  TOKEN_REFUSED,
  type BoundKey,
} from './bound.js';

let key: BoundKey;
let stranger: BoundKey;
beforeAll(async () => {
  [key, stranger] = await Promise.all([makeKey(), makeKey()]);
});

describe.each(PLATFORMS)('DPoP that is allowed, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootOrders({ dpop: { mode: 'allowed', origin: ORIGIN } }, { platform });
  });
  beforeEach(() => t.events.splice(0));
  afterAll(() => t.close());

  it('lets in a bound token with its proof, and a bearer token without', async () => {
    expect(await sendBound(t, 'GET /orders', key)).toMatchObject({ status: 200, body: { id: 'alice', scheme: 'jwt' } });
    expect(await t.send('GET /orders', { token: await tokenFor('alice') })).toMatchObject({ status: 200 });
  });

  it('lets in the same token again, remembered or not, each time with a new proof', async () => {
    const token = await boundToken(key);
    for (let call = 0; call < 3; call++) expect((await sendBound(t, 'GET /orders', key, { token })).status).toBe(200);
    expect(shownOf(await t.send('GET /orders', { headers: { authorization: `DPoP ${token}` } }))).toEqual(
      PROOF_REFUSED,
    );
    expect(lastReason(t)).toBe('proof_missing');
  });

  it('leaves query and fragment out of the comparison, and nothing else', async () => {
    expect((await sendBound(t, 'GET /orders?page=2&x=%2e%2e', key)).status).toBe(200);
    expect((await sendBound(t, 'GET /orders/%61', key, { claims: { htu: `${ORIGIN}/orders/a` } })).status).toBe(200);
    expect(shownOf(await sendBound(t, 'GET /orders/1', key, { claims: { htu: `${ORIGIN}/orders` } }))).toEqual(
      PROOF_REFUSED,
    );
    expect(lastReason(t)).toBe('proof_for_another_target');
  });

  it('goes by the declared origin, whatever the Host says', async () => {
    const evil = { headers: { host: 'evil.example' } };
    expect((await sendBound(t, 'GET /orders', key, evil)).status).toBe(200);
    const claims = { htu: 'https://evil.example/orders' };
    expect(shownOf(await sendBound(t, 'GET /orders', key, { ...evil, claims }))).toEqual(PROOF_REFUSED);
  });

  it('asks for the method that came', async () => {
    expect((await sendBound(t, 'POST /orders', key)).status).toBe(201);
    expect((await sendBound(t, 'HEAD /orders', key)).status).toBe(200);
    expect((await sendBound(t, 'HEAD /orders', key, { claims: { htm: 'GET' } })).status).toBe(401);
    expect(lastReason(t)).toBe('proof_for_another_method');
  });

  it('refuses a proof by another key, as one for another token', async () => {
    expect(shownOf(await sendBound(t, 'GET /orders', key, { signer: stranger }))).toEqual(PROOF_REFUSED);
    expect(lastReason(t)).toBe('proof_of_another_key');
    const other = await boundToken(key, { jti: 'another' });
    const proof = await proofFor('GET /orders', key, { token: other });
    expect(shownOf(await sendBound(t, 'GET /orders', key, { proof }))).toEqual(PROOF_REFUSED);
    expect(lastReason(t)).toBe('proof_for_another_token');
  });

  it('refuses two proofs, in two headers or in one', async () => {
    const token = await boundToken(key);
    const [one, two] = [await proofFor('GET /orders', key, { token }), await proofFor('GET /orders', key, { token })];
    for (const dpop of [[one, two], `${one}, ${two}`]) {
      const answer = await t.send('GET /orders', { headers: { authorization: `DPoP ${token}`, dpop } });
      expect(shownOf(answer)).toEqual(PROOF_REFUSED);
    }
  });

  it('refuses a token that is not bound, whatever proof comes with it', async () => {
    expect(shownOf(await sendBound(t, 'GET /orders', key, { token: await tokenFor('alice') }))).toEqual(TOKEN_REFUSED);
    expect(lastReason(t)).toBe('token_not_bound');
  });

  it('refuses a bad token in the scheme that it came in', async () => {
    const expired = await boundToken(key, { exp: NOW_S - 60 });
    expect(shownOf(await sendBound(t, 'GET /orders', key, { token: expired }))).toEqual(TOKEN_REFUSED);
    expect(lastReason(t)).toBe('token_expired');
    expect(shownOf(await t.send('GET /orders', { headers: { authorization: 'DPoP a b' } }))).toEqual(TOKEN_REFUSED);
    expect(lastReason(t)).toBe('malformed_authorization');
    expect((await t.send('GET /orders', { token: 'nonsense' })).headers['www-authenticate']).toBe(
      `Bearer error="invalid_token", ${OFFERS_DPOP}`,
    );
  });

  it('offers both to who brings nothing, beside other schemes', async () => {
    const challenge = async (path: string) => (await t.send(`GET ${path}`)).headers['www-authenticate'];
    expect(await challenge('/orders')).toBe(OFFERS_BOTH);
    expect(await challenge('/either')).toBe(`${OFFERS_BOTH}, ApiKey`);
  });

  it('says in the same scheme what a caller lacks', async () => {
    const algs = OFFERS_DPOP.slice('DPoP '.length);
    const challenge = async (path: string) => (await sendBound(t, `GET ${path}`, key)).headers['www-authenticate'];
    expect(await challenge('/scoped')).toBe(`DPoP error="insufficient_scope", scope="orders:read", ${algs}`);
    expect(await challenge('/admin')).toBe(`DPoP error="insufficient_scope", ${algs}`);
    expect(await challenge('/vault')).toBe(
      `DPoP error="insufficient_user_authentication", acr_values="gold", max_age="300", ${algs}`,
    );
    const token = await tokenFor('alice');
    expect((await t.send('GET /scoped', { token })).headers['www-authenticate']).toBe(
      'Bearer error="insufficient_scope", scope="orders:read"',
    );
  });

  it('refuses a broken proof on an open route too', async () => {
    expect((await sendBound(t, 'GET /open', key)).body).toEqual({ id: 'alice' });
    expect((await t.send('GET /open')).body).toEqual({ id: 'nobody' });
    expect((await sendBound(t, 'GET /open', key, { signer: stranger })).status).toBe(401);
  });

  it('takes a bound token and an API key for two credentials', async () => {
    const answer = await sendBound(t, 'GET /either', key, { headers: { 'x-api-key': 'bwk_x' } });
    expect(answer.status).toBe(400);
    expect(lastReason(t)).toBe('several_credentials');
  });

  it('refuses what no proof of ours could show', async () => {
    for (const cnf of [
      { jwk: key.jwk },
      { kid: 'k' },
      {},
      'x',
      null,
      [key.jkt],
      { jkt: 7 },
      { jkt: 'short' },
      { jkt: key.jkt, kid: 'k' },
    ]) {
      const token = await tokenFor('alice', { cnf });
      expect((await t.send('GET /orders', { token })).status, JSON.stringify(cnf)).toBe(401);
      expect((await sendBound(t, 'GET /orders', key, { token })).status, JSON.stringify(cnf)).toBe(401);
      expect(lastReason(t)).toMatch(/^confirmation_(?:malformed|unknown)$/);
    }
  });

  it('refuses a token that says it is bound, and not to what', async () => {
    for (const claims of [{ typ: 'DPoP' }, { token_type: 'dpop' }]) {
      expect((await t.send('GET /orders', { token: await tokenFor('alice', claims) })).status).toBe(401);
      expect(lastReason(t)).toBe('confirmation_missing');
    }
    expect((await sendBound(t, 'GET /orders', key, { token: await boundToken(key, { typ: 'DPoP' }) })).status).toBe(
      200,
    );
  });

  it('goes through TokenVerifier only with what was proven', async () => {
    const verifier = t.app.get(TokenVerifier);
    const token = await boundToken(key);
    await expect(verifier.verify(token, { jkt: key.jkt })).resolves.toMatchObject({ id: 'alice' });
    for (const proven of [undefined, {}, { jkt: stranger.jkt }, { x5tS256: key.jkt }]) {
      await expect(verifier.verify(token, proven)).rejects.toMatchObject({ reason: 'bound_to_another_key' });
    }
    const pure = createTokenVerifier({ secret: TEST_SECRET, now: () => START_MS });
    await expect(pure.verify(token)).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(pure.verify(token, { jkt: key.jkt })).resolves.toMatchObject({ id: 'alice' });
  });
});

describe.each(PLATFORMS)('DPoP that is required, on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootOrders({ dpop: { mode: 'required', origin: [ORIGIN, 'https://example.com/shop'] } }, { platform });
  });
  afterAll(() => t.close());

  it('lets in bound tokens only, and offers nothing else', async () => {
    expect((await sendBound(t, 'GET /orders', key)).status).toBe(200);
    expect((await t.send('GET /orders')).headers['www-authenticate']).toBe(OFFERS_DPOP);
    expect(shownOf(await t.send('GET /orders', { token: await tokenFor('alice') }))).toEqual(TOKEN_REFUSED);
    expect(lastReason(t)).toBe('bound_token_required');
  });

  it('knows each of its origins, and the path that a proxy takes away', async () => {
    const at = (htu: string) => sendBound(t, 'GET /orders', key, { claims: { htu } });
    expect((await at('https://example.com/shop/orders')).status).toBe(200);
    expect((await at('https://example.com/orders')).status).toBe(401);
    expect((await at(`${ORIGIN}/shop/orders`)).status).toBe(401);
  });
});

describe('DPoP that is off', () => {
  it('refuses bound tokens: nobody would ask who sends them', async () => {
    const t = await bootOrders({});
    expect((await t.send('GET /orders', { token: await boundToken(key) })).status).toBe(401);
    expect(lastReason(t)).toBe('bound_token_unsupported');
    const answer = await sendBound(t, 'GET /orders', key);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(lastReason(t)).toBe('other_scheme');
    await t.close();
  });
});

describe('DPoP without a declared origin', () => {
  it('goes by the Host of each request, outside of production', async () => {
    const t = await bootOrders({ dpop: {} });
    const { host } = new URL(t.url);
    for (const scheme of ['http', 'https']) {
      expect((await sendBound(t, 'GET /orders', key, { claims: { htu: `${scheme}://${host}/orders` } })).status).toBe(
        200,
      );
    }
    expect((await sendBound(t, 'GET /orders', key)).status).toBe(401);
    await t.close();
  });
});

describe('the guards', () => {
  it('ask the same on their own', async () => {
    @Controller()
    @UseGuards(JwtAuthGuard)
    class AloneController {
      @Get('alone')
      alone() {
        return { ok: true };
      }
    }
    const t = await bootApp({
      controllers: [AloneController],
      security: { globalGuards: false, jwt: { secret: TEST_SECRET, dpop: { origin: ORIGIN } } },
    });
    expect((await sendBound(t, 'GET /alone', key)).status).toBe(200);
    expect(shownOf(await sendBound(t, 'GET /alone', key, { signer: stranger }))).toEqual(PROOF_REFUSED);
    await t.close();
  });
});

describe('the store of used proofs', () => {
  it('that fails is a 503, never an open door', async () => {
    const nonces: SpentStore = {
      spend: () => Promise.reject(new Error('down')),
    };
    const t = await bootOrders({ dpop: { origin: ORIGIN } }, { security: { signatures: { nonces } } });
    expect((await sendBound(t, 'GET /orders', key)).status).toBe(503);
    expect(lastReason(t)).toBe('nonce_store_failed');
    await t.close();
  });

  it('is asked with a digest, an end and an owner, and only for proofs that hold', async () => {
    const asked: unknown[][] = [];
    const nonces: SpentStore = {
      spend: (...all) => {
        asked.push(all);
        return true;
      },
    };
    const t = await bootOrders(
      { issuer: 'https://id.example', dpop: { origin: ORIGIN } },
      { security: { signatures: { nonces } } },
    );
    const token = await boundToken(key, { iss: 'https://id.example' });
    await sendBound(t, 'GET /orders', key, { token, signer: stranger });
    await sendBound(t, 'GET /orders', key, { token, claims: { jti: 'x'.repeat(2000), iat: NOW_S - 10 } });
    expect(asked).toEqual([
      [expect.stringMatching(/^[\w-]{43}$/), START_MS + 55_000, START_MS, 'dpop ["https://id.example","alice"]'],
    ]);
    await t.close();
  });
});

describe('a blocked address', () => {
  const boot = () =>
    bootOrders(
      { dpop: { origin: ORIGIN } },
      { security: { throttling: { address: perMinute(2) } }, prepare: secureApp },
    );
  const block = async (t: TestApp): Promise<void> => {
    for (let call = 0; call < 3; call++) await t.send('GET /orders', { token: 'nonsense' });
    expect((await t.send('GET /orders', { token: 'nonsense' })).status).toBe(429);
  };

  it('still lets in who has proven a bound token from there', async () => {
    const t = await boot();
    const token = await boundToken(key);
    expect((await sendBound(t, 'GET /orders', key, { token })).status).toBe(200);
    await block(t);
    for (let call = 0; call < 3; call++) expect((await sendBound(t, 'GET /orders', key, { token })).status).toBe(200);
    await t.close();
  });

  it('lets a stolen one get no farther than one proof that does not hold', async () => {
    const t = await boot();
    const token = await boundToken(key);
    expect((await sendBound(t, 'GET /orders', key, { token })).status).toBe(200);
    await block(t);
    const steal = async () => (await sendBound(t, 'GET /orders', key, { token, signer: stranger })).status;
    expect([await steal(), await steal(), await steal()]).toEqual([401, 429, 429]);
    expect((await t.send('GET /orders', { token })).status).toBe(429);
    await t.close();
  });
});
