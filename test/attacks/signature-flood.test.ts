/** Making others pay: much work before anything is proved, or all the room there is for what was used. */

import { describe, expect, it } from 'vitest';
import { createRequestVerifier, MemorySpentStore, signRequest, type SignRequestOptions } from '../../lib/index.js';
import { PLATFORMS } from '../app.js';
import { bootHooks, HOST, lastReason, NEXT_SECRET, NOW_S, SECRET, signed } from '../signature/signed-app.js';

const CREATED = `;created=${NOW_S};keyid="shop"`;
const DICTIONARY = Array.from({ length: 700 }, (_, n) => `k${n}=${n}`).join(', ');

/** `"x";key="k0" "x";key="k1" …` */
const members = (count: number) => Array.from({ length: count }, (_, n) => `"x";key="k${n}"`).join(' ');

function flood(signatures: number, components: string): Record<string, string> {
  const labels = Array.from({ length: signatures }, (_, n) => `s${n}`);
  return {
    Host: HOST,
    X: DICTIONARY,
    'Signature-Input': labels.map((label) => `${label}=(${components})${CREATED}`).join(', '),
    Signature: labels.map((label) => `${label}=:AAAA:`).join(', '),
  };
}

describe('a message of many signatures', () => {
  const verifier = createRequestVerifier({
    keys: [{ id: 'shop', secret: SECRET }],
    required: ['created'],
    now: NOW_S * 1000,
  });
  const verify = (headers: Record<string, string>) =>
    verifier.verify({ method: 'GET', url: `http://${HOST}/`, headers });

  it.each([
    ['more than three of them by known keys', flood(8, '"@method"'), 'signature_count'],
    ['more components than anybody needs', flood(1, members(33)), 'too_many_components'],
    ['more signatures than are read', flood(9, '"@method"'), 'signature_count'],
  ])('is refused with %s', async (_what, headers, reason) => {
    await expect(verify(headers)).rejects.toMatchObject({ reason });
  });

  it('is refused as any other, at the most that is read', async () => {
    await expect(verify(flood(3, `"@target-uri" ${members(31)}`))).rejects.toMatchObject({
      reason: 'signature_mismatch',
    });
    const names = Array.from({ length: 30 }, (_, n) => `"@query-param";name="k${n}"`).join(' ');
    const query = Array.from({ length: 1000 }, (_, n) => `k${n}=${n}`).join('&');
    const headers = flood(3, `"@target-uri" ${names}`);
    const verdict = verifier.verify({ method: 'GET', url: `http://${HOST}/?${query}`, headers });
    await expect(verdict).rejects.toMatchObject({ reason: 'signature_mismatch' });
  });
});

describe.each(PLATFORMS)('a signer that sends without end on %s', (platform) => {
  it('fills its own share of the store, and leaves room for the others', async () => {
    const nonces = new MemorySpentStore({ maxIds: 8 });
    const keys = [
      { id: 'shop', secret: SECRET },
      { id: 'other', secret: NEXT_SECRET },
    ];
    const t = await bootHooks(platform, { nonces, keys: [...keys, { id: 'partner', secret: `${SECRET}!` }] });
    const get = (signing: Partial<SignRequestOptions>) =>
      t.send('GET /either', { headers: signed('GET /either', signing) });
    const shop = await Promise.all(Array.from({ length: 10 }, () => get({})));
    expect(shop.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
      200,
      200,
      200,
      200,
      ...Array(6).fill(503),
    ]);
    expect(lastReason(t)).toBe('nonce_store_failed');
    const other = { key: NEXT_SECRET, keyId: 'other' };
    expect((await get(other)).status).toBe(200);
    expect((await get(other)).status).toBe(200);
    expect((await get(other)).status).toBe(503);
    t.clock.advance(300_001);
    expect((await get({ created: NOW_S + 300 })).status).toBe(200);
    await t.close();
  });

  it('is not let in twice when the store is full', async () => {
    const t = await bootHooks(platform, { nonces: new MemorySpentStore({ maxIds: 2 }) });
    const headers = signed('GET /either');
    expect((await t.send('GET /either', { headers })).status).toBe(200);
    expect((await t.send('GET /either', { headers: signed('GET /either') })).status).toBe(503);
    expect((await t.send('GET /either', { headers })).status).toBe(401);
    await t.close();
  });
});

describe('whoever signs a request', () => {
  it('is told of their own mistake by a TypeError, and by no refusal that a caller would be charged for', () => {
    const request = { method: 'POST', url: 'https://api.example.com/hooks', body: '{}' };
    const signing = { key: SECRET, keyId: 'shop' };
    const sign =
      (options: Partial<SignRequestOptions>, headers = {}) =>
      () =>
        signRequest({ ...request, headers }, { ...signing, ...options });
    expect(sign({ components: ['x-event'] })).toThrow(/^signRequest\.components: "x-event" cannot be signed/);
    expect(sign({ components: ['@metod'] })).toThrow('Did you mean "@method"?');
    expect(sign({ components: ['"@query-param";name="id"'] })).toThrow(/^signRequest\.components/);
    expect(sign({ nonce: 'é' })).toThrow(/^signRequest\.nonce/);
    expect(sign({ keyId: 'é' })).toThrow(/^signRequest\.keyId/);
    expect(sign({}, { 'signature-input': '(((' })).toThrow(/^signRequest: the header Signature-Input/);
    for (const mistake of [{ components: ['x'] }, { nonce: 'é' }]) expect(sign(mistake)).toThrow(TypeError);
  });
});
