import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PLATFORMS, type TestApp } from '../app.js';
import { BODY, bootHooks, lastReason, NOW_S, REFUSED, shownOf, signed } from '../signature/signed-app.js';

describe.each(PLATFORMS)('sending a signed request again on %s', (platform) => {
  let t: TestApp;
  beforeEach(async () => {
    t = await bootHooks(platform);
  });
  afterEach(() => t.close());

  const post = (headers: Record<string, string>) => t.send('POST /hooks', { headers, body: BODY });

  describe.each(['hmac', 'rfc9421'] as const)('in the profile %s', (profile) => {
    it('gets one of many copies through', async () => {
      const headers = signed('POST /hooks', { profile });
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(headers)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) expect(shownOf(answer)).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_replayed');
    });

    it('does not get through at the edges of the window either', async () => {
      const headers = signed('POST /hooks', { profile, created: NOW_S + 300 });
      expect((await post(headers)).status).toBe(200);
      t.clock.advance(600_000);
      expect(shownOf(await post(headers))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_replayed');
      t.clock.advance(1);
      expect(shownOf(await post(headers))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_too_old');
    });

    it('is refused when it is too old, or from the future', async () => {
      expect(shownOf(await post(signed('POST /hooks', { profile, created: NOW_S - 301 })))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_too_old');
      expect(shownOf(await post(signed('POST /hooks', { profile, created: NOW_S + 301 })))).toEqual(REFUSED);
      expect(lastReason(t)).toBe('signature_from_the_future');
      expect((await post(signed('POST /hooks', { profile, created: NOW_S - 300 }))).status).toBe(200);
    });

    it('spends no nonce of somebody else: a forged request with it changes nothing', async () => {
      const headers = signed('POST /hooks', { profile });
      expect((await t.send('POST /hooks', { headers, body: '{ "order": 2 }' })).status).toBe(401);
      expect((await post(headers)).status).toBe(200);
    });
  });

  it('is told by the nonce, not by the time: a sender that uses one twice is refused', async () => {
    const headers = signed('POST /hooks', { nonce: 'once' });
    expect((await post(headers)).status).toBe(200);
    expect((await post(signed('POST /hooks', { nonce: 'once', created: NOW_S + 1 }))).status).toBe(401);
    expect((await post(signed('POST /hooks', { nonce: 'twice' }))).status).toBe(200);
  });

  it('ends when the sender said so', async () => {
    expect(shownOf(await post(signed('POST /hooks', { expires: NOW_S })))).toEqual(REFUSED);
    expect(lastReason(t)).toBe('signature_expired');
    expect((await post(signed('POST /hooks', { expires: NOW_S + 1 }))).status).toBe(200);
  });
});
