/** A proof that somebody saw on the wire or in a log is used again, with the token beside it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemorySpentStore } from '../../lib/index.js';
import { PLATFORMS, type TestApp } from '../app.js';
import {
  bootOrders,
  boundToken,
  lastReason,
  makeKey,
  NOW_S,
  ORIGIN,
  PROOF_REFUSED,
  proofFor,
  sendBound,
  shownOf,
  type BoundKey,
} from '../dpop/bound.js';

/** The order of P-256: (r, n - s) is as good a signature as (r, s). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

let key: BoundKey;
beforeAll(async () => {
  key = await makeKey();
});

describe.each(PLATFORMS)('a replayed proof on %s', (platform) => {
  let t: TestApp;
  let token: string;
  beforeAll(async () => {
    t = await bootOrders({ dpop: { mode: 'required', origin: ORIGIN } }, { platform });
    token = await boundToken(key);
  });
  afterAll(() => t.close());

  const send = (proof: string, line = 'GET /orders') => sendBound(t, line, key, { token, proof });

  it('is refused the second time', async () => {
    const proof = await proofFor('GET /orders', key, { token });
    expect((await send(proof)).status).toBe(200);
    expect(shownOf(await send(proof))).toEqual(PROOF_REFUSED);
    expect(t.events.at(-1)).toMatchObject({ kind: 'credential_refused', reason: 'proof_replayed' });
  });

  it('is good once, of any number at the same time', async () => {
    const proof = await proofFor('GET /orders', key, { token });
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await send(proof)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(19);
  });

  it('is refused with its signature written the other way', async () => {
    const proof = await proofFor('GET /orders', key, { token });
    const [header, claims, signature] = proof.split('.') as [string, string, string];
    const bytes = Buffer.from(signature, 'base64url');
    const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
    const other = Buffer.from((P256_ORDER - s).toString(16).padStart(64, '0'), 'hex');
    const twin = `${header}.${claims}.${Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')}`;
    expect((await send(proof)).status).toBe(200);
    expect(shownOf(await send(twin))).toEqual(PROOF_REFUSED);
    expect(lastReason(t)).toBe('proof_replayed');
  });

  it('is refused for another call: one proof, one method, one target', async () => {
    const proof = await proofFor('GET /orders', key, { token });
    for (const line of ['POST /orders', 'GET /orders/1', 'HEAD /orders']) {
      expect((await send(proof, line)).status, line).toBe(401);
    }
    // None of them has spent it.
    expect((await send(proof)).status).toBe(200);
  });

  it('is refused under its old id in a new proof', async () => {
    const claims = { jti: 'again' };
    expect((await send(await proofFor('GET /orders', key, { token, claims }))).status).toBe(200);
    expect((await send(await proofFor('GET /orders/1', key, { token, claims }), 'GET /orders/1')).status).toBe(401);
    expect(lastReason(t)).toBe('proof_replayed');
  });

  it('is refused when its time is over, at the very moment that it is forgotten', async () => {
    const proof = await proofFor('GET /orders', key, { token });
    expect((await send(proof)).status).toBe(200);
    t.clock.advance(64_999);
    expect((await send(proof)).status).toBe(401);
    expect(lastReason(t)).toBe('proof_replayed');
    t.clock.advance(1);
    expect((await send(proof)).status).toBe(401);
    expect(lastReason(t)).toBe('proof_too_old');
  });
});

describe('a flood of proofs', () => {
  it('by one caller leaves room for the proofs of others', async () => {
    const nonces = new MemorySpentStore({ maxIds: 10 });
    const t = await bootOrders({ dpop: { origin: ORIGIN } }, { security: { signatures: { nonces } } });
    const token = await boundToken(key);
    const statuses: number[] = [];
    for (let call = 0; call < 8; call++) statuses.push((await sendBound(t, 'GET /orders', key, { token })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 503, 503, 503]);
    const bob = await boundToken(key, { sub: 'bob' });
    expect((await sendBound(t, 'GET /orders', key, { token: bob })).status).toBe(200);
    await t.close();
  });

  it('by callers without a good token, or without its key, fills nothing', async () => {
    const nonces = new MemorySpentStore();
    const t = await bootOrders({ dpop: { origin: ORIGIN } }, { security: { signatures: { nonces } } });
    const stranger = await makeKey();
    for (let call = 0; call < 5; call++) {
      await sendBound(t, 'GET /orders', key, { signer: stranger });
      await sendBound(t, 'GET /orders', key, { token: await boundToken(key, { exp: NOW_S - 10 }) });
      await sendBound(t, 'GET /orders', key, { token: 'nonsense' });
    }
    expect(nonces.size).toBe(0);
    await t.close();
  });
});
