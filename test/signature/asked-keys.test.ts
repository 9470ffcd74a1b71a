/** Keys that somebody is asked for: for new partners and new secrets while the app runs. */

import { generateKeyPairSync } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createRequestVerifier,
  Signed,
  signRequest,
  type SignatureKeyInput,
  type SignatureKeyResolver,
} from '../../lib/index.js';
import { bootApp, PLATFORMS, START_MS, type TestApp } from '../app.js';
import { HOST, lastReason, NEXT_SECRET, NOW_S, SECRET } from './signed-app.js';

@Controller()
class Hooks {
  @Get('any')
  @Signed()
  any() {}

  @Get('shop')
  @Signed({ keys: ['shop'] })
  shop() {}
}

describe.each(PLATFORMS)('keys that are asked for on %s', (platform) => {
  const partners = new Map<string, string[]>();
  let asked: string[];
  let answer: SignatureKeyResolver;
  let t: TestApp;
  beforeEach(async () => {
    partners.clear();
    partners.set('shop', [SECRET]);
    asked = [];
    answer = (id) => Promise.resolve(partners.get(id)?.map((secret) => ({ id, secret, owner: `owner of ${id}` })));
    const keys: SignatureKeyResolver = (id) => {
      asked.push(id);
      return answer(id);
    };
    t = await bootApp({ platform, controllers: [Hooks], security: { signatures: { keys } } });
  });
  afterEach(() => t.close());

  const get = async (key: string, keyId = 'shop', path = '/any', profile: 'hmac' | 'rfc9421' = 'rfc9421') => {
    const created = Math.floor(t.clock.now() / 1000);
    const request = { method: 'GET', url: `http://${HOST}${path}`, headers: { Host: HOST } };
    const headers = signRequest(request, { key, keyId, profile, created });
    return (await t.send(`GET ${path}`, { headers })).status;
  };

  it('are asked for once in five seconds, however many ask at once', async () => {
    expect(await Promise.all(Array.from({ length: 10 }, () => get(SECRET)))).toEqual(Array(10).fill(200));
    expect(await get(SECRET, 'shop', '/any', 'hmac')).toBe(200);
    expect(asked).toEqual(['shop']);
    t.clock.advance(5000);
    expect(await get(SECRET)).toBe(200);
    expect(asked).toEqual(['shop', 'shop']);
  });

  it('let no request be refused while a secret is rotated in one running app', async () => {
    const statuses: number[] = [];
    const load = async (key: string, times: number) => {
      for (let n = 0; n < times; n++) {
        const profiles = ['hmac', 'rfc9421'] as const;
        statuses.push(...(await Promise.all(profiles.map((profile) => get(key, 'shop', '/any', profile)))));
        t.clock.advance(250);
      }
    };
    await load(SECRET, 8);
    partners.set('shop', [SECRET, NEXT_SECRET]);
    await load(SECRET, 4); // one second, then the sender changes: some of its processes sooner than others
    await Promise.all([load(NEXT_SECRET, 8), load(SECRET, 8)]);
    partners.set('shop', [NEXT_SECRET]);
    await load(NEXT_SECRET, 24);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(statuses).toHaveLength(104);
    expect(await get(SECRET)).toBe(401);
  });

  it('take in a new partner, and put one out within five seconds', async () => {
    expect(await get(NEXT_SECRET, 'new')).toBe(401);
    expect(lastReason(t)).toBe('signature_key_unknown');
    partners.set('new', [NEXT_SECRET]);
    t.clock.advance(1000);
    expect(await get(NEXT_SECRET, 'new')).toBe(200);
    partners.delete('new');
    expect(await get(NEXT_SECRET, 'new')).toBe(200);
    t.clock.advance(5000);
    expect(await get(NEXT_SECRET, 'new')).toBe(401);
  });

  it('are asked for no more than once a second by signatures that do not hold', async () => {
    for (let n = 0; n < 10; n++) expect(await get(NEXT_SECRET)).toBe(401);
    expect(asked).toEqual(['shop']);
    t.clock.advance(1000);
    for (let n = 0; n < 10; n++) expect(await get(NEXT_SECRET)).toBe(401);
    expect(asked).toEqual(['shop', 'shop']);
  });

  it('are those of the route only: nobody is asked for others', async () => {
    partners.set('other', [NEXT_SECRET]);
    expect(await get(NEXT_SECRET, 'other')).toBe(200);
    asked = [];
    expect(await get(NEXT_SECRET, 'other', '/shop')).toBe(401);
    expect(asked).toEqual([]);
    expect(await get(SECRET, 'shop', '/shop')).toBe(200);
  });

  it.each<[string, SignatureKeyResolver]>([
    ['fails', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    ['answers a key of another id', () => ({ id: 'other', secret: SECRET })],
    ['answers what is no key', () => ({ id: 'shop', secret: 'short' })],
    ['answers something else', () => 'key' as never],
  ])('are a 503 where whoever is asked %s, and good again when they answer', async (_how, broken) => {
    const good = answer;
    answer = broken;
    expect(await get(SECRET)).toBe(503);
    expect(lastReason(t)).toBe('signature_key_lookup_failed');
    answer = good;
    expect(await get(SECRET)).toBe(200);
  });
});

describe('whoever is asked for keys', () => {
  const created = { created: NOW_S };
  const request = (keyId: string, key = SECRET) => {
    const bare = { method: 'GET', url: 'https://api.example.com/' };
    return { ...bare, headers: signRequest(bare, { key, keyId, ...created }) };
  };

  it('has two seconds', async () => {
    const verifier = createRequestVerifier({ keys: () => new Promise<undefined>(() => {}), now: START_MS });
    const startMs = performance.now();
    await expect(verifier.verify(request('shop'))).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'signature_key_lookup_failed',
    });
    expect(performance.now() - startMs).toBeGreaterThan(1900);
  });

  it('is asked 64 things at a time, and three by one request', async () => {
    const open: (() => void)[] = [];
    const keys = () => new Promise<undefined>((resolve) => open.push(() => resolve(undefined)));
    const verifier = createRequestVerifier({ keys, now: START_MS });
    const many = Array.from({ length: 100 }, (_, n) => verifier.verify(request(`k${n}`)));
    const reasons = Promise.allSettled(many);
    await new Promise((resolve) => setImmediate(resolve));
    expect(open).toHaveLength(64);
    for (const answer of open) answer();
    const causes = (await reasons).map((each) => ((each as PromiseRejectedResult).reason as { reason: string }).reason);
    expect(causes.filter((cause) => cause === 'signature_key_lookups_busy')).toHaveLength(36);
    expect(causes.filter((cause) => cause === 'signature_key_unknown')).toHaveLength(64);
    open.length = 0;
    let headers: Record<string, string> = {};
    const bare = { method: 'GET', url: 'https://api.example.com/' };
    for (let n = 0; n < 8; n++)
      headers = signRequest({ ...bare, headers }, { key: SECRET, keyId: `x${n}`, ...created });
    const eight = verifier.verify({ ...bare, headers });
    await new Promise((resolve) => setImmediate(resolve));
    expect(open).toHaveLength(3);
    for (const answer of open) answer();
    await expect(eight).rejects.toMatchObject({ reason: 'signature_key_unknown' });
  });

  it('answers for known signers, however many ids somebody makes up', async () => {
    const open: (() => void)[] = [];
    const keys: SignatureKeyResolver = (id) =>
      id === 'shop' ? { id, secret: SECRET } : new Promise<undefined>((resolve) => open.push(() => resolve(undefined)));
    let now = START_MS;
    const verifier = createRequestVerifier({ keys, now: () => now });
    expect((await verifier.verify(request('shop'))).keyId).toBe('shop');
    const flood = Promise.allSettled(Array.from({ length: 1200 }, (_, n) => verifier.verify(request(`k${n}`))));
    now += 5000;
    expect((await verifier.verify(request('shop'))).keyId).toBe('shop');
    for (const answer of open) answer();
    const reasons = (await flood).map((each) => (each as PromiseRejectedResult).reason as { reason: string });
    expect(reasons.filter(({ reason }) => reason === 'signature_key_lookups_busy')).toHaveLength(1200 - 64);
    expect((await verifier.verify(request('shop'))).keyId).toBe('shop');
  });

  it('may answer at once, with public keys, and with several', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const answers: Record<string, SignatureKeyInput | SignatureKeyInput[]> = {
      one: { id: 'one', publicKey },
      two: [
        { id: 'two', secret: SECRET },
        { id: 'two', secret: NEXT_SECRET },
      ],
    };
    const verifier = createRequestVerifier({ keys: (id) => answers[id], now: START_MS });
    const bare = { method: 'GET', url: 'https://api.example.com/' };
    const headers = signRequest(bare, { key: privateKey, keyId: 'one', ...created });
    expect((await verifier.verify({ ...bare, headers })).keyId).toBe('one');
    expect((await verifier.verify(request('two', NEXT_SECRET))).keyId).toBe('two');
  });
});
