/** Nonces of ours: given out, taken back for a while, and remembered nowhere. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PLATFORMS, type TestApp } from '../app.js';
import {
  bootOrders,
  boundToken,
  lastReason,
  makeKey,
  OFFERS_DPOP,
  ORIGIN,
  PROOF_REFUSED,
  sendBound,
  shownOf,
  type BoundKey,
} from './bound.js';

const SECRET = 'a-nonce-secret-of-more-than-32-bytes-000';
const OLD_SECRET = 'the-former-nonce-secret-of-32-bytes-0000';
const NEEDED = `DPoP error="use_dpop_nonce", ${OFFERS_DPOP.slice('DPoP '.length)}`;

let key: BoundKey;
beforeAll(async () => {
  key = await makeKey();
});

describe.each(PLATFORMS)('a nonce on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await bootOrders(
      { dpop: { mode: 'required', origin: ORIGIN, nonce: { secret: SECRET, lifetime: 60 } } },
      { platform },
    );
  });
  beforeEach(() => t.events.splice(0));
  afterAll(() => t.close());

  /** A call at this moment, with a token and a proof that are good but for the nonce. */
  const call = async (nonce?: string, claims = {}) => {
    const iat = Math.floor(t.clock.now() / 1000);
    const token = await boundToken(key, { iat, exp: iat + 600 });
    return sendBound(t, 'GET /orders', key, {
      token,
      ...(nonce !== undefined && { nonce }),
      claims: { iat, ...claims },
    });
  };
  const freshNonce = async (): Promise<string> => String((await call()).headers['dpop-nonce']);

  it('is given to who has none, and then lets them in', async () => {
    const first = await call();
    expect([first.status, first.headers['www-authenticate']]).toEqual([401, NEEDED]);
    expect(lastReason(t)).toBe('proof_nonce_missing');
    const nonce = String(first.headers['dpop-nonce']);
    expect(nonce).toMatch(/^[\w-]{22}$/);
    const second = await call(nonce);
    expect([second.status, second.headers['dpop-nonce']]).toEqual([200, undefined]);
  });

  it('is renewed along the way, without turning anybody away', async () => {
    const nonce = await freshNonce();
    t.clock.advance(60_000);
    const answer = await call(nonce);
    expect(answer.status).toBe(200);
    const next = String(answer.headers['dpop-nonce']);
    expect(next).not.toBe(nonce);
    t.clock.advance(60_000);
    expect((await call(nonce)).headers['www-authenticate']).toBe(NEEDED);
    expect((await call(next)).status).toBe(200);
  });

  it('of a process whose clock is ahead is good as well', async () => {
    t.clock.advance(60_000);
    const ahead = await freshNonce();
    t.clock.advance(-60_000);
    expect((await call(ahead)).status).toBe(200);
  });

  it('is ours, and not made up', async () => {
    const nonce = await freshNonce();
    for (const other of ['', 'made-up', `${nonce}x`, nonce.slice(1), nonce.toUpperCase()]) {
      const answer = await call(other);
      expect([answer.status, answer.headers['www-authenticate']], other).toEqual([401, NEEDED]);
      expect(lastReason(t)).toBe('proof_nonce_bad');
    }
  });

  it('is told to nobody whose proof does not hold', async () => {
    const answer = await call(undefined, { htm: 'POST' });
    expect(shownOf(answer)).toEqual(PROOF_REFUSED);
    expect(answer.headers['dpop-nonce']).toBeUndefined();
  });

  it('that is missing is no failed credential: nobody is blocked for asking', async () => {
    for (let ask = 0; ask < 5; ask++) await call();
    expect(t.events.map(({ kind }) => kind)).not.toContain('credential_refused');
    await call('x', { htm: 'POST' });
    expect(t.events.at(-1)).toMatchObject({ kind: 'credential_refused' });
  });

  it('does not make an old proof good', async () => {
    const nonce = await freshNonce();
    const iat = Math.floor(t.clock.now() / 1000) - 65;
    expect(shownOf(await call(nonce, { iat }))).toEqual(PROOF_REFUSED);
  });

  it('spends no proof that comes without it, and each that comes with it once', async () => {
    const jti = 'used-twice';
    const nonce = String((await call(undefined, { jti })).headers['dpop-nonce']);
    expect((await call(nonce, { jti })).status).toBe(200);
    expect((await call(nonce, { jti })).status).toBe(401);
    expect(lastReason(t)).toBe('proof_replayed');
  });
});

describe('the secret of nonces', () => {
  const nonceFrom = async (t: TestApp): Promise<string> =>
    String((await sendBound(t, 'GET /orders', key)).headers['dpop-nonce']);
  const boot = (secret?: string | string[]): Promise<TestApp> =>
    bootOrders({ dpop: { origin: ORIGIN, nonce: secret === undefined ? true : { secret } } });

  it('is shared by processes, and rotates', async () => {
    const apps = await Promise.all([boot(OLD_SECRET), boot([SECRET, OLD_SECRET]), boot(SECRET)]);
    const [former, both, next] = apps as [TestApp, TestApp, TestApp];
    const nonce = await nonceFrom(former);
    expect((await sendBound(both, 'GET /orders', key, { nonce })).status).toBe(200);
    expect((await sendBound(next, 'GET /orders', key, { nonce })).status).toBe(401);
    expect((await sendBound(next, 'GET /orders', key, { nonce: await nonceFrom(both) })).status).toBe(200);
    await Promise.all(apps.map((each) => each.close()));
  });

  it('is another one for each process that has none', async () => {
    const [one, two] = await Promise.all([boot(), boot()]);
    const nonce = await nonceFrom(one);
    expect((await sendBound(one, 'GET /orders', key, { nonce })).status).toBe(200);
    expect((await sendBound(two, 'GET /orders', key, { nonce })).status).toBe(401);
    await Promise.all([one.close(), two.close()]);
  });
});
