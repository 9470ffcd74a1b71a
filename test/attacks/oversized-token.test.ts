/** Tokens that cost more to look at than they are worth. */

import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootApp, PLATFORMS, type TestApp } from '../app.js';
import { refusal, refusalOf, forge as forgeWithSecret, GOOD_CLAIMS, GOOD_HEADER } from '../authentication/forge.js';
import { tokenGrounds } from './token-grounds.js';

const ofLength = (length: number, forge: typeof forgeWithSecret = forgeWithSecret): string => {
  const bare = forge({ ...GOOD_CLAIMS, x: '' }).length;
  for (let filler = Math.floor(((length - bare) * 3) / 4) - 3; ; filler++) {
    const token = forge({ ...GOOD_CLAIMS, x: 'x'.repeat(filler) });
    if (token.length >= length) return token;
  }
};

describe.each(tokenGrounds())('with $name', ({ verifierWith, forge }) => {
  const verifier = verifierWith();
  it('accepts a good token of 8 KiB at most, and none above', async () => {
    const most = ofLength(8190, forge);
    expect(most.length).toBeLessThanOrEqual(8192);
    expect((await verifier.verify(most)).id).toBe('alice');
    expect(await refusalOf(verifier.verify(ofLength(8193, forge)))).toEqual(refusal('token_too_large'));
  });

  it('refuses a header over 2 KiB before it is decoded', async () => {
    expect(await refusalOf(verifier.verify(forge(GOOD_CLAIMS, { ...GOOD_HEADER, x: 'x'.repeat(2000) })))).toEqual(
      refusal('header_too_large'),
    );
  });

  it.each([
    ['one part', 'a'.repeat(1_000_000)],
    ['nothing but dots', '.'.repeat(1_000_000)],
    ['a good token and a megabyte', `${forge()}${'A'.repeat(1_000_000)}`],
    ['a deep header', `${Buffer.from('['.repeat(700_000)).toString('base64url')}.e30.AAAA`],
  ])('refuses a megabyte of %s before it looks inside', async (_what, token) => {
    expect(await refusalOf(verifier.verify(token))).toEqual(refusal('token_too_large'));
  });
});

describe.each(PLATFORMS)('over HTTP on %s', (platform) => {
  @Controller()
  class MeController {
    @Get('me')
    me() {
      return 'me';
    }
  }
  let t: TestApp;
  beforeAll(async () => {
    t = await bootApp({ platform, controllers: [MeController] });
  });
  afterAll(() => t.close());

  it('refuses a good token of 9 KiB as any broken one', async () => {
    t.events.length = 0;
    const answer = await t.send('GET /me', { token: ofLength(9 * 1024) });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(t.events).toEqual([expect.objectContaining({ kind: 'credential_refused', reason: 'token_too_large' })]);
  });

  it("leaves a header over Node's own 16 KiB to Node", async () => {
    // Node may close while the rest is still being sent: an answer, or none, but never the handler's.
    const answer = await t.send('GET /me', { token: ofLength(64 * 1024) }).catch(() => undefined);
    expect(answer?.status ?? 431).toBe(431);
  });
});
