/** The `X-Signature` header as senders of webhooks write it: without a key id, or with two signatures while they rotate. */

import { createHash, createHmac } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Signed, verifyRequestSignature } from '../../lib/index.js';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { lastReason, NEXT_SECRET, NOW_S, SECRET } from './signed-app.js';

let count = 0;

/** Written from the seven lines alone. */
function header(path: string, secrets: readonly string[], keyId?: string, time = String(NOW_S)): string {
  const nonce = `n${count++}`;
  const base = ['v1', time, nonce, 'GET', path, '', createHash('sha256').digest('hex')].join('\n');
  const signatures = secrets.map((secret) => `v1=${createHmac('sha256', secret).update(base).digest('hex')}`);
  return [`t=${time}`, `n=${nonce}`, ...(keyId === undefined ? [] : [`k=${keyId}`]), ...signatures].join();
}

@Controller()
class Hooks {
  @Get('one')
  @Signed({ keys: ['shop'] })
  one() {}

  @Get('several')
  @Signed()
  several() {}
}

describe.each(PLATFORMS)('the HMAC header on %s', (platform) => {
  let t: TestApp;
  beforeAll(async () => {
    const keys = [
      { id: 'shop', secret: SECRET },
      { id: 'other', secret: NEXT_SECRET },
    ];
    t = await bootApp({ platform, controllers: [Hooks], security: { signatures: { keys } } });
  });
  afterAll(() => t.close());

  const get = async (path: string, signature: string) =>
    (await t.send(`GET ${path}`, { headers: { 'X-Signature': signature } })).status;

  it('needs no key id where the route has one', async () => {
    expect(await get('/one', header('/one', [SECRET]))).toBe(200);
    expect(await get('/one', header('/one', [NEXT_SECRET]))).toBe(401);
    expect(await get('/one', header('/one', [SECRET], 'shop'))).toBe(200);
    expect(await get('/one', header('/one', [NEXT_SECRET], 'other'))).toBe(401);
  });

  it('needs one where there are several: nobody guesses', async () => {
    expect(await get('/several', header('/several', [SECRET]))).toBe(401);
    expect(lastReason(t)).toBe('signature_header_incomplete');
    expect(await get('/several', header('/several', [NEXT_SECRET], 'other'))).toBe(200);
  });

  it('holds up to three signatures, and one of them has to hold', async () => {
    expect(await get('/one', header('/one', [`${SECRET}-old`, SECRET]))).toBe(200);
    expect(await get('/one', header('/one', ['a', 'b', SECRET], 'shop'))).toBe(200);
    expect(await get('/one', header('/one', ['a', 'b', 'c'], 'shop'))).toBe(401);
    expect(lastReason(t)).toBe('signature_mismatch');
    expect(await get('/one', header('/one', ['a', 'b', 'c', SECRET]))).toBe(401);
    expect(lastReason(t)).toBe('signature_count');
  });

  it('is used up with all of them', async () => {
    const signature = header('/one', [`${SECRET}-old`, SECRET]);
    expect(await get('/one', signature)).toBe(200);
    expect(await get('/one', signature.replace(/v1=[0-9a-f]*,/, ''))).toBe(401);
    expect(lastReason(t)).toBe('signature_replayed');
  });

  it('is signed with the time as it is written', async () => {
    expect(await get('/one', header('/one', [SECRET], 'shop', `0${NOW_S}`))).toBe(200);
    const other = header('/one', [SECRET], 'shop', `0${NOW_S}`).replace('t=0', 't=');
    expect(await get('/one', other)).toBe(401);
  });
});

describe('outside of Nest', () => {
  it('the key id may be left out as well, for one key', async () => {
    const request = { method: 'GET', url: 'https://a.example/', headers: { 'X-Signature': header('/', [SECRET]) } };
    const keys = [{ id: 'shop', secret: SECRET }];
    const now = NOW_S * 1000;
    expect(await verifyRequestSignature(request, { keys, now })).toEqual({
      keyId: 'shop',
      components: ['@method', '@path', '@query', 'content-digest'],
      created: NOW_S,
      tag: undefined,
    });
    const two = [...keys, { id: 'other', secret: NEXT_SECRET }];
    await expect(verifyRequestSignature(request, { keys: two, now })).rejects.toMatchObject({
      reason: 'signature_header_incomplete',
    });
  });
});
