/** A compressed body is unpacked on one platform before anybody sees it, and on the other not at all: both refuse it alike. */

import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PLATFORMS } from '../app.js';
import { BODY, bootHooks, lastReason, signed } from './signed-app.js';

const PROBLEM = { type: 'about:blank', title: 'This content type is not supported.', status: 415 };
const packed = gzipSync(BODY);

describe.each(PLATFORMS)('a signed body in a content coding on %s', (platform) => {
  it.each(['hmac', 'rfc9421'] as const)('is refused in the profile %s, whatever was signed', async (profile) => {
    const t = await bootHooks(platform);
    for (const coding of ['gzip', 'GZIP', 'br', 'identity, gzip']) {
      const bytes = coding === 'br' ? brotliCompressSync(BODY) : packed;
      for (const over of [BODY, bytes.toString('latin1')]) {
        const headers = { ...signed('POST /hooks', { profile }, over), 'Content-Encoding': coding };
        const answer = await t.send('POST /hooks', { headers, body: bytes });
        expect(answer.status, coding).toBe(415);
        expect(answer.body).toEqual(PROBLEM);
      }
    }
    await t.close();
  });

  it('is taken as it is where the coding is none', async () => {
    const t = await bootHooks(platform);
    const headers = { ...signed(), 'Content-Encoding': 'identity' };
    expect((await t.send('POST /hooks', { headers, body: BODY })).status).toBe(200);
    await t.close();
  });

  it('is no matter where no signature comes with it', async () => {
    const t = await bootHooks(platform);
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };
    expect([400, 401, 415]).toContain((await t.send('POST /hooks', { headers, body: packed })).status);
    expect(lastReason(t)).not.toBe('signed_body_encoded');
    await t.close();
  });
});
